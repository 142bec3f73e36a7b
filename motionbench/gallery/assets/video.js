"use strict";

/** Points by name, as their scripts hand them over, and who waits for them. */
const pointsByName = new Map();
const waiting = new Map();

window.motionbenchPoints = (name, points) => {
  pointsByName.set(name, points);
  (waiting.get(name) || []).forEach((call) => call());
  waiting.delete(name);
};

/** Of a file beside the page, or of the same file where it stands in the page itself. */
const addressOf = (path) => document.getElementById(path)?.textContent ?? path;

/** A page from disk may not read other files, but it may run scripts beside it. */
const withPoints = (name, call) => {
  if (pointsByName.has(name)) return call();
  if (waiting.has(name)) return waiting.get(name).push(call);
  waiting.set(name, [call]);
  const script = document.createElement("script");
  script.src = addressOf(`points/${name}.js`);
  script.onload = script.onerror = () => script.remove();
  return document.head.append(script);
};

/** One picture of all frames, as ``unrollFilm`` makes one of a file. */
const loadSprite = (address, got, end) => {
  const picture = new Image();
  let whole = false;
  picture.onload = () => {
    whole = true;
    got();
    end(true);
  };
  picture.onerror = () => end(false);
  picture.src = address;
  return { picture, has: () => whole, want: () => {}, close: () => {} };
};

/**
 * A video on a canvas: ``draw(frame, tracks)`` draws one frame of its picture, and its points over it. The picture is
 * loaded by ``open``, which tells whether it came, and let go by ``close``; meanwhile the frame to draw is remembered.
 * ``waits`` tells whether frames are still on their way; no frame is ever drawn for another.
 */
const makeVideo = (still, grid, scale) => {
  const zoom = Math.max(1, Math.round(320 / Math.max(grid.width, grid.height)));
  const canvas = document.createElement("canvas");
  canvas.width = grid.width * zoom;
  canvas.height = grid.height * zoom;
  const pen = canvas.getContext("2d");
  let reel = null;
  let pending = false;
  let last = null;

  const draw = (frame, tracks) => {
    last = [frame, tracks];
    if (!reel) return;
    reel.want(frame);
    if (!reel.has(frame)) return blank();
    const [left, top] = [(frame % grid.columns) * grid.width, Math.floor(frame / grid.columns) * grid.height];
    pen.imageSmoothingEnabled = false;
    pen.drawImage(reel.picture, left, top, grid.width, grid.height, 0, 0, canvas.width, canvas.height);
    if (tracks && still.points) withPoints(still.name, () => last[0] === frame && last[1] && reel && overlay(frame));
    canvas.dataset.frame = frame;
  };

  const blank = () => {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    delete canvas.dataset.frame;
  };

  const overlay = (frame) => {
    const points = pointsByName.get(still.name);
    const place = (path, time) => [(path[2 * time] / scale) * canvas.width, (path[2 * time + 1] / scale) * canvas.height];
    pen.lineWidth = Math.max(1, canvas.width / 250);
    points.forEach((path, index) => {
      if (path[2 * frame] === null) return;
      pen.strokeStyle = pen.fillStyle = `hsl(${(360 * index) / points.length} 100% 55%)`;
      pen.beginPath();
      pen.moveTo(...place(path, frame));
      for (let time = frame - 1; time >= Math.max(0, frame - 5) && path[2 * time] !== null; time -= 1) {
        pen.lineTo(...place(path, time));
      }
      pen.stroke();
      pen.beginPath();
      pen.arc(...place(path, frame), 2 * pen.lineWidth, 0, 2 * Math.PI);
      pen.fill();
    });
    canvas.dataset.points = points.length;
  };

  const load = (got, end) => {
    if (!grid.films) return loadSprite(addressOf(`pictures/${still.name}.webp`), got, end);
    const paths = grid.films.map((ending) => addressOf(`films/${still.name}.${ending}`));
    return unrollFilm(paths, grid, got, end);
  };

  const open = (told = () => {}) => {
    if (reel) return;
    pending = true;
    const got = (frame) => last && (frame === undefined || frame === last[0]) && draw(...last);
    const made = load(got, (came) => {
      pending = false;
      if (!came) canvas.title = "this browser cannot show it: the file is absent or of a kind that it does not play";
      canvas.classList.toggle("broken", !came);
      told(came);
    });
    reel = made;
    if (last) reel.want(last[0]);
  };

  const close = () => {
    if (reel) reel.close();
    reel = null;
    pending = false;
  };

  const waits = () => pending;
  return { canvas, draw, open, close, waits };
};
