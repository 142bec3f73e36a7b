"use strict";

/** The raters' page: consent and number, one screen after another, and a file to save. Texts are set as text only. */
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = (id) => document.getElementById(id);
  const clock = makeClock(data.grid.frames, data.fps);
  const memory = makeMemory(data.study);
  const warn = (text) => (at("warning").textContent = text);
  const buttons = [...document.querySelectorAll("[data-answer]")];
  const now = { showings: [], answers: null, place: 0, videos: [], ready: false, frame: 0, watched: false, since: 0 };

  const show = (id) => ["start", "item", "end"].forEach((name) => (at(name).hidden = name !== id));

  const draw = () => now.videos.forEach((video) => video.draw(clock.frame, false));

  const open = () => {
    const told = now.answers.of(now.showings[now.place].id);
    buttons.forEach((button) => {
      button.disabled = !(now.watched || button.dataset.answer === "skip");
      button.classList.toggle("chosen", button.dataset.answer === told);
    });
    ["a", "b"].forEach((side) => at(side).classList.toggle("chosen", told === side));
    at("back").disabled = now.place === 0;
    at("hint").textContent = now.watched ? "" : "Watch to the end, then answer.";
  };

  /** The clock starts when all videos are there, so that they start together. */
  const started = (screen, awaited) => (came) => {
    if (screen !== now.videos) return;
    if (!came) warn("A video of this screen does not load: press S to skip it.");
    awaited.count -= came ? 1 : 0;
    if (awaited.count) return;
    Object.assign(now, { ready: true, frame: 0 });
    clock.show(0);
    if (!clock.playing) clock.play(true);
  };

  const screen = (showing) => {
    now.videos.forEach((video) => video.close());
    const places = ["reference", "a", "b"].filter((place) => showing[place]);
    const videos = places.map((place) => makeVideo({ name: showing[place], points: false }, data.grid, data.scale));
    Object.assign(now, { videos, ready: false, watched: Boolean(now.answers.of(showing.id)), since: performance.now() });
    places.forEach((place, index) => at(place).querySelector("div").replaceChildren(videos[index].canvas));
    draw();
    const told = started(videos, { count: videos.length });
    videos.forEach((video) => video.open(told));
  };

  /** A rater's questions come in blocks. */
  const part = (showing) => {
    const order = [...new Set(now.showings.map((one) => one.question))];
    return order.length > 1 ? `part ${order.indexOf(showing.question) + 1} of ${order.length}, ` : "";
  };

  const turn = (place) => {
    warn("");
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    now.place = place;
    if (place >= now.showings.length) {
      clock.play(false);
      at("text").value = now.answers.text();
      show("end");
      return;
    }
    const showing = now.showings[place];
    at("ask").textContent = data.questions[showing.question];
    at("prompt").textContent = showing.prompt;
    at("prompt").hidden = !showing.prompt;
    at("reference").hidden = !showing.reference;
    at("place").textContent = `${part(showing)}screen ${place + 1} of ${now.showings.length}`;
    at("progress").max = now.showings.length;
    at("progress").value = place;
    show("item");
    screen(showing);
    open();
  };

  const answer = (chosen) => {
    if (at("item").hidden || !(now.watched || chosen === "skip")) return;
    now.answers.set(now.showings[now.place].id, chosen, (performance.now() - now.since) / 1000);
    turn(now.place + 1);
  };

  const begin = (rater) => {
    now.showings = data.raters[rater - 1];
    now.answers = makeAnswers(data.study, rater, now.showings, warn);
    memory.set(rater);
    turn(now.answers.next());
  };

  const save = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([now.answers.text()], { type: "application/json" }));
    link.download = now.answers.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  const back = () => now.place > 0 && turn(now.place - 1);

  /** To the start; the answers so far stay with their number. */
  const leave = () => {
    memory.clear();
    location.reload();
  };

  const keys = {
    a: () => answer("a"),
    b: () => answer("b"),
    t: () => answer("tie"),
    s: () => answer("skip"),
    Backspace: back,
    " ": () => clock.play(!clock.playing),
    ArrowLeft: () => clock.step(-1),
    ArrowRight: () => clock.step(1),
  };

  const pressed = (event) => {
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || at("item").hidden || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  };

  /** Watched is what played to its last frame, or past it where the clock skips frames; stepping does not count. */
  const watch = () => {
    const ended = clock.frame === data.grid.frames - 1 || clock.frame < now.frame;
    now.frame = clock.frame;
    if (!now.ready || now.watched || !clock.playing || !ended) return;
    now.watched = true;
    open();
  };

  const wire = () => {
    buttons.forEach((button) => (button.onclick = () => answer(button.dataset.answer)));
    at("play").onclick = keys[" "];
    at("earlier").onclick = keys.ArrowLeft;
    at("later").onclick = keys.ArrowRight;
    at("scrub").oninput = () => clock.step(Number(at("scrub").value) - clock.frame);
    at("back").onclick = at("reopen").onclick = back;
    at("save").onclick = save;
    at("another").onclick = at("leave").onclick = leave;
    at("entry").onsubmit = (event) => {
      event.preventDefault();
      begin(Number(at("rater").value));
    };
    window.addEventListener("keydown", pressed);
    // A button of the clock would be clicked once more when the space bar goes up.
    window.addEventListener("keyup", (event) => event.key === " " && !at("item").hidden && event.preventDefault());
    clock.listen(() => {
      draw();
      at("scrub").value = clock.frame;
      at("play").textContent = clock.playing ? "Pause" : "Play";
      watch();
    });
  };

  /** The number in the address, or 0. */
  const asked = Number(/^#rater=(\d+)$/.exec(location.hash)?.[1] ?? 0);

  const fill = () => {
    const count = data.raters[0].length;
    at("outline").textContent = `${count} screens, about ${Math.max(1, Math.round(count / 5))} minutes. You may close the page and go on later, in this browser.`;
    at("consent").textContent = `I have read this and agree to take part. ${data.consent}`;
    at("credits").textContent = data.credits.length ? `Footage: ${data.credits.join("; ")}.` : "";
    at("rater").max = data.raters.length;
    at("rater").value = asked || "";
    at("scrub").max = data.grid.frames - 1;
    document.body.style.setProperty("--shape", data.grid.width / data.grid.height);
  };

  wire();
  fill();
  const last = memory.rater();
  if (last >= 1 && last <= data.raters.length && [0, last].includes(asked)) begin(last);
  else show("start");
})();
