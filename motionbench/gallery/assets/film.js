"use strict";

/** Few at once, so that the first in view are there first. */
const decoding = { running: 0, most: 4, queue: [] };

const decodeNext = () => {
  while (decoding.running < decoding.most && decoding.queue.length) {
    decoding.running += 1;
    decoding.queue.shift()(() => {
      decoding.running -= 1;
      decodeNext();
    });
  }
};

/**
 * A video file unrolled into one picture of all its frames, as a sprite is, so that films keep to the clock as exactly:
 * a player seeks to the middle of each frame, the frames asked for first. ``got(frame)`` is called for each, ``end(true)``
 * once all are there, ``end(false)`` where no source plays. ``close`` frees the player and the picture.
 */
const unrollFilm = (addresses, grid, got, end) => {
  const picture = document.createElement("canvas");
  const there = new Set();
  let player = null;
  let leave = null;
  let source = 0;
  let patience = 0;
  let wanted = 0;
  let closed = false;

  const has = (frame) => there.has(frame);

  const want = (frame) => (wanted = frame);

  const next = () => {
    for (let ahead = 0; ahead < grid.frames; ahead += 1) {
      const frame = (wanted + ahead) % grid.frames;
      if (!has(frame)) return frame;
    }
    return null;
  };

  const release = () => {
    clearTimeout(patience);
    const ended = player;
    player = null;
    if (!ended) return;
    ended.removeAttribute("src");
    ended.load();
  };

  const stop = () => {
    release();
    if (leave) leave();
    leave = null;
  };

  const finish = (whole) => {
    stop();
    end(whole);
  };

  const keep = (frame) => {
    const [left, top] = [(frame % grid.columns) * grid.width, Math.floor(frame / grid.columns) * grid.height];
    // Files of odd sizes have one row or column more than the frame.
    picture.getContext("2d").drawImage(player, 0, 0, grid.width, grid.height, left, top, grid.width, grid.height);
    there.add(frame);
    got(frame);
  };

  /** The end of a seek does not tell that its frame is there to draw, but the callback of a frame tells its time. */
  const reached = (frame, act) => {
    const asked = player;
    const still = () => !closed && player === asked && !has(frame);
    if (!player.requestVideoFrameCallback) {
      player.onseeked = () => requestAnimationFrame(() => requestAnimationFrame(() => still() && act()));
      return;
    }
    const check = (_, { mediaTime }) => {
      if (!still()) return;
      if (Math.floor(mediaTime * grid.fps + 0.1) === frame) act();
      else asked.requestVideoFrameCallback(check);
    };
    player.requestVideoFrameCallback(check);
  };

  /** A hidden page is given no frames, and asks again. */
  const seek = () => {
    const frame = next();
    if (frame === null) return finish(true);
    clearTimeout(patience);
    patience = setTimeout(() => (document.hidden ? seek() : play(source + 1)), 5000);
    reached(frame, () => {
      keep(frame);
      seek();
    });
    player.currentTime = (frame + 0.5) / grid.fps;
    return undefined;
  };

  /** A file that breaks on the way, or stands still, is given up for the next, as is one of an unknown kind. */
  const play = (place) => {
    release();
    if (place >= addresses.length) return finish(false);
    source = place;
    player = document.createElement("video");
    player.muted = player.playsInline = true;
    player.preload = "auto";
    const mine = (act) => (made) => made.target === player && act();
    player.onloadeddata = mine(seek);
    player.onerror = mine(() => play(place + 1));
    player.src = addresses[place];
    return undefined;
  };

  const begin = (done) => {
    if (closed) return done();
    leave = done;
    picture.width = grid.columns * grid.width;
    picture.height = Math.ceil(grid.frames / grid.columns) * grid.height;
    return play(0);
  };

  const close = () => {
    closed = true;
    stop();
    picture.width = picture.height = 0;
  };

  decoding.queue.push(begin);
  decodeNext();
  return { picture, has, want, close };
};
