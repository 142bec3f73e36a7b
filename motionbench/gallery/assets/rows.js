"use strict";

/** An element with a class and a text; texts are set as text, never read as HTML. */
const element = (tag, kind = "", text = "") => {
  const made = document.createElement(tag);
  if (kind) made.className = kind;
  if (text) made.textContent = text;
  return made;
};

/** Rows are filled while they are in view or near it, and emptied again; a picture is held while its canvas is in view. */
const makeRows = (data, place, clock, state) => {
  const videos = new Map();
  const exhibits = new WeakMap();
  const players = new WeakMap();

  const screens = new IntersectionObserver((changes) =>
    changes.forEach(({ target, isIntersecting }) => players.get(target)[isIntersecting ? "open" : "close"]()),
  );

  const better = { higher: "↑", lower: "↓", none: "" };

  const value = (metric, number) => (number === null ? "none" : number.toFixed(metric.decimals));

  const receipt = (exhibit, method, metric) =>
    `motionbench why ${method.word} ${metric.word} ${exhibit.word} --seed ${exhibit.seed} ${data.tail}`;

  const line = (table, metric, number, reason) => {
    const made = table.insertRow();
    const name = element("button", "", `${metric.name}\u00a0${better[metric.better]}`.trim());
    const head = element("th");
    head.scope = "row";
    head.append(name);
    name.title = "show its receipt";
    const cell = element("td", number === null ? "failed" : "", value(metric, number));
    cell.title = reason || metric.unit;
    made.append(head, cell);
    return { made, name };
  };

  /** The scores, why the chosen one is missing if it is, and the command that tells where it comes from. */
  const scores = (exhibit, cell, method) => {
    const table = element("table", "scores");
    const reason = element("p", "reason");
    const why = element("code", "why");
    const lines = data.metrics.map((metric, index) => line(table, metric, cell.values[index], cell.reasons[index]));
    const choose = (chosen) => {
      lines.forEach(({ made }, index) => made.classList.toggle("chosen", index === chosen));
      reason.textContent = cell.reasons[chosen];
      why.textContent = receipt(exhibit, method, data.metrics[chosen]);
    };
    lines.forEach(({ name }, index) => (name.onclick = () => choose(index)));
    choose(data.metrics.findIndex((metric) => metric.name === state.metric));
    return [table, reason, why];
  };

  const picture = (still, drawn) => {
    if (still.name) {
      const video = makeVideo(still, data.grid, data.scale);
      drawn.push(video);
      players.set(video.canvas, video);
      screens.observe(video.canvas);
      return video.canvas;
    }
    const none = element("div", "none", still.reason);
    none.style.aspectRatio = `${data.grid.width} / ${data.grid.height}`;
    return none;
  };

  const figure = (kind, title, still, drawn) => {
    const made = element("section", `cell ${kind}`);
    made.append(element("h3", "", title), picture(still, drawn));
    return made;
  };

  const methodCell = (exhibit, cell, drawn) => {
    const method = data.methods.find((one) => one.label === cell.method);
    const made = figure(method.control ? "control" : "method", cell.method, cell.still, drawn);
    made.append(...scores(exhibit, cell, method));
    if (cell.spread !== null) {
      const text = `disagreement ${cell.spread.toFixed(2)}: high by ${cell.apart[0]}, low by ${cell.apart[1]}`;
      made.append(element("p", "apart", text));
    }
    return made;
  };

  const fill = (row) => {
    if (videos.has(row)) return;
    const exhibit = exhibits.get(row);
    const drawn = [];
    const title = element("h2", "", exhibit.case);
    title.append(element("span", "", ` ${exhibit.category}, seed ${exhibit.seed}`));
    const reference = figure("reference", "reference", exhibit.reference, drawn);
    reference.append(element("p", "apart", exhibit.reference_prompt), element("p", "apart terms", exhibit.terms));
    const cells = element("div", "cells");
    cells.append(reference);
    exhibit.cells
      .filter((cell) => state.methods.has(cell.method))
      .forEach((cell) => cells.append(methodCell(exhibit, cell, drawn)));
    row.replaceChildren(title, element("p", "prompt", exhibit.prompt), cells);
    videos.set(row, drawn);
    drawn.forEach((video) => video.draw(clock.frame, state.tracks));
  };

  const release = (drawn) =>
    drawn.forEach((video) => {
      screens.unobserve(video.canvas);
      video.close();
    });

  const clear = (row) => {
    if (!videos.has(row)) return;
    row.style.minHeight = `${row.offsetHeight}px`;
    release(videos.get(row));
    row.replaceChildren();
    videos.delete(row);
  };

  const watcher = new IntersectionObserver(
    (changes) => changes.forEach((change) => (change.isIntersecting ? fill : clear)(change.target)),
    { rootMargin: "200px 0px" },
  );

  const show = (listed) => {
    watcher.disconnect();
    screens.disconnect();
    videos.forEach(release);
    videos.clear();
    const made = listed.map((exhibit) => {
      const row = element("article", "row");
      row.dataset.case = exhibit.case;
      row.dataset.seed = exhibit.seed;
      exhibits.set(row, exhibit);
      return row;
    });
    place.replaceChildren(...made);
    made.forEach((row) => watcher.observe(row));
  };

  const draw = () => videos.forEach((drawn) => drawn.forEach((video) => video.draw(clock.frame, state.tracks)));

  const ready = () => [...videos.values()].every((drawn) => drawn.every((video) => !video.waits()));
  return { show, draw, ready };
};
