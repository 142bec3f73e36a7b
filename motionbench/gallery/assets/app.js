"use strict";

/** The controls of the page; whatever chooses rows stands in the address, so that a link shows the same rows. */
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = (id) => document.getElementById(id);
  const labels = data.methods.map((method) => method.label);
  const plain = { sort: "suite", metric: data.metrics[0].name, of: "", find: "", category: "" };
  const flags = ["reverse", "failed", "tracks"];
  const state = { ...plain, methods: new Set(labels) };
  flags.forEach((flag) => (state[flag] = false));

  const clock = makeClock(data.grid.frames, data.fps);
  const ordering = makeOrdering(data);
  const rows = makeRows(data, at("rows"), clock, state);
  clock.ready = rows.ready;

  const option = (select, text, value = text) => {
    const made = element("option", "", text);
    made.value = value;
    select.append(made);
  };

  const fillControls = () => {
    at("title").textContent = document.title = `MotionBench gallery: ${data.suite}, plan ${data.plan}`;
    const told = [`protocol ${data.protocol}`, `backbone ${data.backbone}`, data.notice];
    if (data.private.length) told.push("Private: it holds clips that must not be passed on.");
    at("notes").textContent = told.filter(Boolean).join(" · ");
    const listed = data.withheld.map((one) => `${one.clip} (${one.reason})`).join("; ");
    at("withheld").textContent = listed && `Left out, as they must not be passed on: ${listed}.`;
    data.metrics.forEach((metric) => option(at("metric"), metric.name));
    labels.forEach((label) => option(at("of"), label));
    [...new Set(data.exhibits.map((exhibit) => exhibit.category))].forEach((name) => option(at("category"), name));
    at("scrub").max = data.grid.frames - 1;
    labels.forEach((label) => {
      const line = element("label");
      const box = element("input");
      box.type = "checkbox";
      box.value = label;
      line.append(box, ` ${label}`);
      at("methods").append(line);
    });
  };

  const boxes = () => [...at("methods").querySelectorAll("input")];

  /** Names that this gallery does not know are passed over: the address may be of another one. */
  const readAddress = () => {
    const words = new URLSearchParams(location.hash.slice(1));
    Object.keys(plain).forEach((name) => (state[name] = words.get(name) ?? plain[name]));
    flags.forEach((flag) => (state[flag] = words.get(flag) === "1"));
    if (!ordering.index.has(state.metric)) state.metric = plain.metric;
    if (!labels.includes(state.of)) state.of = "";
    const asked = words.getAll("method").filter((label) => labels.includes(label));
    state.methods.clear();
    (asked.length ? asked : labels).forEach((label) => state.methods.add(label));
    if (/^\d+$/.test(words.get("frame") ?? "")) clock.step(Number(words.get("frame")) - clock.frame);
  };

  const address = () => {
    const words = new URLSearchParams();
    Object.keys(plain).forEach((name) => state[name] !== plain[name] && words.set(name, state[name]));
    flags.forEach((flag) => state[flag] && words.set(flag, "1"));
    if (state.methods.size < labels.length) state.methods.forEach((label) => words.append("method", label));
    return words.toString();
  };

  const showState = () => {
    Object.keys(plain).forEach((name) => (at(name).value = state[name]));
    flags.forEach((flag) => (at(flag).checked = state[flag]));
    boxes().forEach((box) => (box.checked = state.methods.has(box.value)));
    const listed = ordering.ordered(state);
    rows.show(listed);
    at("count").textContent = `${listed.length} of ${data.exhibits.length} rows`;
  };

  const changed = () => {
    Object.keys(plain).forEach((name) => (state[name] = at(name).value));
    flags.forEach((flag) => (state[flag] = at(flag).checked));
    state.methods.clear();
    boxes().forEach((box) => box.checked && state.methods.add(box.value));
    history.replaceState(null, "", `#${address()}`);
    showState();
  };

  const toggleTracks = () => {
    state.tracks = at("tracks").checked;
    history.replaceState(null, "", `#${address()}`);
    rows.draw();
  };

  const keys = {
    " ": () => clock.play(!clock.playing),
    ArrowLeft: () => clock.step(-1),
    ArrowRight: () => clock.step(1),
    Home: () => clock.step(-clock.frame),
    End: () => clock.step(data.grid.frames - 1 - clock.frame),
    t: () => at("tracks").click(),
    "/": () => at("find").focus(),
  };

  const within = (target, selector) => target instanceof Element && target.closest(selector) !== null;

  /** Controls that have a use of their own for a key. */
  const own = (key, target) =>
    within(target, "input[type=search], select") ||
    (key === " " && within(target, "input[type=checkbox], summary, .scores button"));

  const pressed = (event) => {
    const act = keys[event.key];
    if (!act || own(event.key, event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  };

  const wire = () => {
    at("play").onclick = () => clock.play(!clock.playing);
    at("back").onclick = () => clock.step(-1);
    at("on").onclick = () => clock.step(1);
    at("scrub").oninput = () => clock.step(Number(at("scrub").value) - clock.frame);
    at("speed").onchange = () => clock.set({ speed: Number(at("speed").value) });
    at("loop").onchange = () => clock.set({ loop: at("loop").checked });
    at("tracks").onchange = toggleTracks;
    ["sort", "metric", "of", "category", "reverse", "failed"].forEach((id) => (at(id).onchange = changed));
    at("find").oninput = changed;
    at("methods").onchange = changed;
    window.addEventListener("keydown", pressed);
    // A button of the clock would be clicked once more when the space bar goes up.
    window.addEventListener("keyup", (event) => {
      if (event.key === " " && within(event.target, ".bar button")) event.preventDefault();
    });
    window.addEventListener("hashchange", () => {
      readAddress();
      showState();
    });
    clock.listen(() => {
      rows.draw();
      at("scrub").value = clock.frame;
      at("place").textContent = `frame ${clock.frame + 1} of ${data.grid.frames}`;
      at("play").textContent = clock.playing ? "Pause" : "Play";
      at("play").classList.toggle("held", clock.held);
    });
  };

  fillControls();
  wire();
  readAddress();
  showState();
  clock.show(clock.frame);
})();
