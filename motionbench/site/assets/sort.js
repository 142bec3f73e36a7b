"use strict";
(() => {
  const said = document.getElementById("said");
  const collator = new Intl.Collator("en", { numeric: true });
  const key = (row, column) => row.cells[column].dataset.value;
  const compared = (numeric) => numeric
    ? (one, other) => Number(one) - Number(other)
    : (one, other) => collator.compare(one, other);

  const sort = (table, header) => {
    const column = header.cellIndex;
    const first = header.dataset.first;
    const flipped = first === "ascending" ? "descending" : "ascending";
    const direction = header.getAttribute("aria-sort") === first ? flipped : first;
    const compare = compared(header.dataset.kind === "number");
    const sign = direction === "ascending" ? 1 : -1;
    for (const other of table.tHead.rows[0].cells) other.setAttribute("aria-sort", "none");
    header.setAttribute("aria-sort", direction);
    for (const body of table.tBodies) {
      const rows = [...body.rows];
      const known = rows.filter((row) => key(row, column) !== undefined);
      const missing = rows.filter((row) => key(row, column) === undefined);
      known.sort((one, other) => sign * compare(key(one, column), key(other, column)));
      body.append(...known, ...missing);
    }
    said.textContent = `Sorted by ${header.textContent.trim()}, ${direction}`;
  };

  for (const table of document.querySelectorAll("table.sortable")) {
    for (const header of table.tHead.rows[0].cells) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      header.append(button);
      header.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => sort(table, header));
    }
  }
})();
