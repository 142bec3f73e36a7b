"use strict";

/** A rater's answers, kept by the browser as they are given, so that closing the page loses none. */
const makeAnswers = (study, rater, showings, warn) => {
  const place = `motionbench study ${study} rater ${rater}`;
  const given = new Map();

  const keep = () => {
    try {
      localStorage.setItem(place, JSON.stringify([...given]));
    } catch {
      warn("This browser keeps no answers: finish without closing the page.");
    }
  };

  const recall = () => {
    try {
      const known = new Set(showings.map((showing) => showing.id));
      const kept = JSON.parse(localStorage.getItem(place) ?? "[]");
      kept.filter(([id]) => known.has(id)).forEach(([id, one]) => given.set(id, one));
    } catch {
      warn("This browser keeps no answers: finish without closing the page.");
    }
  };

  /** Seconds add up where a screen is answered again. */
  const set = (id, answer, seconds) => {
    const before = given.get(id)?.seconds ?? 0;
    given.set(id, { answer, seconds: Math.min(86400, Math.round(10 * (before + seconds)) / 10) });
    keep();
  };

  const text = () => {
    const answers = showings.map(({ id }) => ({ item: id, ...given.get(id) }));
    const sheet = { kind: "motionbench study answers", schema_version: 1, study, rater, consent: true, answers };
    return `${JSON.stringify(sheet, null, 1)}\n`;
  };

  /** The first screen without an answer, or their number. */
  const next = () => {
    const found = showings.findIndex(({ id }) => !given.has(id));
    return found < 0 ? showings.length : found;
  };

  recall();
  return { set, text, next, of: (id) => given.get(id)?.answer, name: `answers-rater-${rater}-${study.slice(0, 8)}.json` };
};

/** The rater who last used this page, so that a reload goes on. */
const makeMemory = (study) => {
  const place = `motionbench study ${study} rater`;
  const guarded = (act) => {
    try {
      return act();
    } catch {
      return null;
    }
  };
  return {
    rater: () => Number(guarded(() => localStorage.getItem(place))),
    set: (rater) => guarded(() => localStorage.setItem(place, rater)),
    clear: () => guarded(() => localStorage.removeItem(place)),
  };
};
