"use strict";

/** The one clock of the page: it names a frame, and whoever listens draws that frame in the same callback. */
const makeClock = (frames, fps) => {
  const listeners = [];
  const clock = { frame: 0, playing: false, speed: 1, loop: true, held: false };
  let began = 0;
  let first = 0;

  const tell = () => listeners.forEach((listener) => listener(clock));

  const start = () => {
    first = clock.loop || clock.frame < frames - 1 ? clock.frame : 0;
    began = performance.now();
  };

  /** Says whether the clock may go on; it stands still until then. */
  clock.ready = () => true;

  const holds = () => {
    const held = !clock.ready();
    if (held) start();
    if (held !== clock.held) {
      clock.held = held;
      tell();
    }
    return held;
  };

  const tick = (now) => {
    if (!clock.playing) return;
    if (holds()) {
      requestAnimationFrame(tick);
      return;
    }
    const due = first + Math.floor((Math.max(0, now - began) / 1000) * fps * clock.speed);
    if (!clock.loop && due >= frames - 1) {
      clock.playing = false;
      clock.show(frames - 1);
      return;
    }
    if (due % frames !== clock.frame) clock.show(due % frames, true);
    requestAnimationFrame(tick);
  };

  clock.listen = (listener) => listeners.push(listener);

  /** Whoever shows a frame while the clock runs lets it run on from there. */
  clock.show = (frame, ticking = false) => {
    clock.frame = ((Math.round(frame) % frames) + frames) % frames;
    if (clock.playing && !ticking) start();
    tell();
  };

  clock.step = (count) => {
    clock.playing = clock.held = false;
    clock.show(clock.frame + count);
  };

  clock.play = (playing) => {
    const starts = playing && !clock.playing;
    clock.playing = playing;
    clock.held = clock.held && playing;
    if (playing) start();
    if (starts) requestAnimationFrame(tick);
    tell();
  };

  clock.set = (settings) => {
    Object.assign(clock, settings);
    if (clock.playing) start();
    tell();
  };
  return clock;
};
