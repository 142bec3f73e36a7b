"use strict";

/** Points by name, as their scripts hand them over, and who waits for them. */
const pointsByName = new Map();
const waiting = new Map();

window.motionbenchPoints = (name, points) => {
  pointsByName.set(name, points);
  (waiting.get(name) || []).forEach((call) => call());
  waiting.delete(name);
};

/** A page from disk may not read other files, but it may run scripts beside it. */
const withPoints = (name, call) => {
  if (pointsByName.has(name)) return call();
  if (waiting.has(name)) return waiting.get(name).push(call);
  waiting.set(name, [call]);
  const script = document.createElement("script");
  script.src = `points/${name}.js`;
  script.onload = script.onerror = () => script.remove();
  return document.head.append(script);
};

/**
 * A video on a canvas: ``draw(frame, tracks)`` draws one frame of its picture, and its points over it. The picture is
 * loaded by ``open``, which tells whether it came, and let go by ``close``; meanwhile the frame to draw is remembered.
 */
const makeVideo = (still, grid, scale) => {
  const zoom = Math.max(1, Math.round(320 / Math.max(grid.width, grid.height)));
  const canvas = document.createElement("canvas");
  canvas.width = grid.width * zoom;
  canvas.height = grid.height * zoom;
  const pen = canvas.getContext("2d");
  let picture = null;
  let last = null;

  const draw = (frame, tracks) => {
    last = [frame, tracks];
    if (!picture || !picture.complete || !picture.naturalWidth) return;
    const [left, top] = [(frame % grid.columns) * grid.width, Math.floor(frame / grid.columns) * grid.height];
    pen.imageSmoothingEnabled = false;
    pen.drawImage(picture, left, top, grid.width, grid.height, 0, 0, canvas.width, canvas.height);
    if (tracks && still.points) withPoints(still.name, () => last[0] === frame && last[1] && picture && overlay(frame));
    canvas.dataset.frame = frame;
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

  const open = (told = () => {}) => {
    if (picture) return;
    picture = new Image();
    picture.onload = () => {
      if (last) draw(...last);
      told(true);
    };
    picture.onerror = () => told(false);
    picture.src = `pictures/${still.name}.webp`;
  };

  const close = () => (picture = null);
  return { canvas, draw, open, close };
};
