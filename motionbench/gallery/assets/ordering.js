"use strict";

/** Which rows are shown, and in which order. ``choice`` is what the address holds, ``data`` the page's data. */
const makeOrdering = (data) => {
  const index = new Map(data.metrics.map((metric, place) => [metric.name, place]));
  const controls = new Set(data.methods.filter((method) => method.control).map((method) => method.label));

  /** Those shown or the one named; controls only where nothing else is shown, as they fail and disagree by design. */
  const cells = (exhibit, choice) => {
    if (choice.of) return exhibit.cells.filter((cell) => cell.method === choice.of);
    const shown = exhibit.cells.filter((cell) => choice.methods.has(cell.method));
    const competing = shown.filter((cell) => !controls.has(cell.method));
    return competing.length ? competing : shown;
  };

  const score = (exhibit, choice) => {
    const all = cells(exhibit, choice).map((cell) => cell.values[index.get(choice.metric)]);
    const values = all.filter((value) => value !== null);
    return values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null;
  };

  const disagreement = (exhibit, choice) => {
    const spreads = cells(exhibit, choice).map((cell) => cell.spread).filter((spread) => spread !== null);
    return spreads.length ? Math.max(...spreads) : null;
  };

  const failures = (exhibit, choice) =>
    cells(exhibit, choice).reduce((sum, cell) => sum + cell.values.filter((value) => value === null).length, 0);

  const measures = { score, disagreement, failure: failures };

  const shown = (exhibit, choice) => {
    const text = `${exhibit.case} ${exhibit.prompt} ${exhibit.reference_prompt}`.toLowerCase();
    return (
      text.includes(choice.find.toLowerCase()) &&
      (!choice.category || exhibit.category === choice.category) &&
      (!choice.failed || failures(exhibit, choice) > 0)
    );
  };

  /** Better scores, wider disagreement and more failures first; rows without a value are last either way. */
  const ordered = (choice) => {
    const kept = data.exhibits.filter((exhibit) => shown(exhibit, choice));
    const measure = measures[choice.sort];
    if (!measure) return choice.reverse ? kept.reverse() : kept;
    const lower = choice.sort === "score" && data.metrics[index.get(choice.metric)].better === "lower";
    const sign = (lower ? 1 : -1) * (choice.reverse ? -1 : 1);
    const valued = kept.map((exhibit) => [exhibit, measure(exhibit, choice)]);
    const rank = ([, left], [, right]) => {
      if (left === null || right === null) return (left === null) - (right === null);
      return sign * (left - right);
    };
    return valued.sort(rank).map(([exhibit]) => exhibit);
  };
  return { ordered, index };
};
