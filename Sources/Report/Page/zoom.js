// The heap map from near: the pages of an arena, the chunks of a page.

/** How a cell is told in words. */
function cellText(picture, arena, cell, trimmed) {
  const piece = arena.pieces.find((one) => cell < one.first + one.count);
  const address = piece.start + BigInt(cell - piece.first) * BigInt(picture.perCell);
  const [resident, used, trimmable] = picture.palette[arena.cells[cell]];
  const name = picture.pagesPerCell === 1 ? "page" : `${picture.pagesPerCell} pages`;
  const gone = trimmed && trimmable > 0;
  let state = "not in memory";
  if (resident > 0 && !(gone && trimmable === resident)) {
    if (used === 9) state = "used to the last byte";
    else if (used > 0) state = `about ${whole(shareOf(used) * 100)} % used`;
    else if (trimmable > 0) state = "free, in memory for nothing";
    else state = "free, stays at a trim";
  } else if (gone) state = "given back";
  return `${name} at 0x${address.toString(16)}: ${state}`;
}

const CHUNK_KINDS = {
  u: ["used", "used"], f: ["free", "free"], q: ["free", "in a fastbin"], t: ["top", "top of the arena"],
  o: ["other", "glibc's own records"],
};

/** The chunks of a piece: where each run begins, its kind, bytes and number. */
function chunksOf(piece) {
  if (!piece.runs) {
    let start = 0;
    piece.runs = (piece.chunks || "").split(" ").filter(Boolean).map((word) => {
      const [bytes, count] = word.slice(1).split(".");
      const run = {
        kind: word[0], start, bytes: parseInt(bytes, 36) * 16, count: count ? parseInt(count, 36) : 1,
      };
      start += run.bytes;
      return run;
    });
  }
  return piece.runs;
}

/** The chunks that lie on some bytes of a piece; those of one size one by one. */
function chunksBetween(piece, from, to) {
  const runs = chunksOf(piece);
  const found = [];
  const first = Math.max(0, d3.bisector((run) => run.start).right(runs, from) - 1);
  for (let index = first; index < runs.length && runs[index].start < to; index += 1) {
    const run = runs[index];
    const single = piece.chunkDetail === "exact" || run.count === 1;
    const size = single ? run.bytes / run.count : run.bytes;
    const skip = Math.max(0, Math.floor((from - run.start) / size));
    for (let place = skip; place < run.bytes / size; place += 1) {
      const start = run.start + place * size;
      if (start >= to) break;
      if (start + size > from) {
        found.push({ kind: run.kind, start, bytes: size, count: single ? 1 : run.count });
      }
    }
  }
  return found;
}

/** The pages of an arena, a square each. */
HeapFigure.prototype.arena = function drawArena() {
  const { picture, trimmed } = this;
  const arena = picture.arenas[this.place.arena];
  const colours = heapColours();
  const total = arena.cells.length;
  const width = this.width - 2;
  const size = Math.max(5, Math.min(13, Math.floor(Math.sqrt(width * 380 / total))));
  const columns = Math.max(1, Math.floor(width / size));
  const rows = Math.ceil(total / columns);
  const gap = size > 6 ? 1 : 0;
  const box = this.stage.append("div").attr("class", "grid");
  const { canvas, context } = sharpCanvas(box, columns * size, rows * size);
  const paint = picture.palette.map((digits) => colourOf(digits, trimmed, colours));
  const square = (cell) => {
    context.fillStyle = paint[arena.cells[cell]];
    context.fillRect((cell % columns) * size, Math.floor(cell / columns) * size,
      size - gap, size - gap);
  };
  for (let cell = 0; cell < total; cell += 1) square(cell);
  const hasChunks = arena.pieces.some((piece) => piece.chunks);
  const hint = hasChunks ? "; Enter shows its chunks" : "";
  canvas.attr("tabindex", 0).attr("role", "application")
    .attr("aria-label", `${arena.name}: ${total} cells. Arrow keys move from page to page${hint}.`);
  let cursor = Math.min(this.place.cell || 0, total - 1);
  const move = (cell, scrolls) => {
    square(cursor);
    cursor = Math.max(0, Math.min(total - 1, cell));
    this.place.cell = cursor;
    context.strokeStyle = colours.cursor;
    context.lineWidth = 2;
    context.strokeRect((cursor % columns) * size + 1, Math.floor(cursor / columns) * size + 1,
      Math.max(2, size - gap - 2), Math.max(2, size - gap - 2));
    this.status.text(`${cellText(picture, arena, cursor, trimmed)}${hint}`);
    if (scrolls) {
      const top = Math.floor(cursor / columns) * size;
      const node = box.node();
      if (top < node.scrollTop) node.scrollTop = top;
      else if (top + size > node.scrollTop + node.clientHeight) {
        node.scrollTop = top + size - node.clientHeight;
      }
    }
  };
  const open = () => {
    if (hasChunks) this.go({ view: "page", arena: this.place.arena, cell: cursor }, "button.next");
  };
  const under = (node) => {
    const [left, top] = d3.mouse(node);
    const column = Math.floor(left / size);
    const cell = Math.floor(top / size) * columns + column;
    return column < columns && cell < total ? cell : null;
  };
  canvas.on("mousemove", function () {
    const cell = under(this);
    if (cell != null && cell !== cursor) move(cell, false);
  }).on("click", function () {
    const cell = under(this);
    if (cell == null) return;
    move(cell, false);
    open();
  }).on("keydown", () => {
    const moves = {
      ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns,
      PageUp: -10 * columns, PageDown: 10 * columns, Home: -total, End: total,
    };
    const { key } = d3.event;
    if (key in moves) {
      d3.event.preventDefault();
      move(cursor + moves[key], true);
    } else if (key === "Enter" || key === " ") {
      d3.event.preventDefault();
      open();
    }
  });
  move(cursor, true);
};

/** One page, 16 blocks of 16 bytes in a row, and its chunks as a table. */
HeapFigure.prototype.page = function drawPage() {
  const { picture, trimmed } = this;
  const { arena: arenaNumber, cell } = this.place;
  const arena = picture.arenas[arenaNumber];
  const piece = arena.pieces.find((one) => cell < one.first + one.count);
  const from = (cell - piece.first) * picture.perCell;
  const to = Math.min(from + picture.perCell, piece.bytes);
  const chunks = chunksBetween(piece, from, to);
  const [resident, , trimmable] = picture.palette[arena.cells[cell]];
  const isGone = resident === 0 || (trimmed && trimmable > 0);
  const columns = to - from > 4096 ? 64 : 16;
  const size = Math.min(24, Math.floor((this.width - 12) / columns));
  const rows = Math.ceil((to - from) / 16 / columns);
  const turn = (step, text, className) => {
    const next = cell + step;
    const button = steps.append("button").attr("type", "button").attr("class", className).text(text)
      .on("click", () => this.go({ view: "page", arena: arenaNumber, cell: next }, `button.${className}`));
    if (next < 0 || next >= arena.cells.length) button.attr("disabled", "");
  };
  const steps = this.stage.append("div").attr("class", "steps");
  turn(-1, "Previous page", "previous");
  turn(1, "Next page", "next");
  const split = this.stage.append("div").attr("class", "split");
  const svg = split.append("svg").attr("role", "img").attr("class", isGone ? "blocks gone" : "blocks")
    .attr("width", columns * size).attr("height", rows * size)
    .attr("aria-label", `${chunks.length} chunks on this page; the table lists them.`);
  chunks.forEach((chunk, number) => {
    const [kind, name] = CHUNK_KINDS[chunk.kind] || CHUNK_KINDS.o;
    const first = Math.max(0, Math.floor((chunk.start - from) / 16));
    const end = Math.min(rows * columns, Math.ceil((chunk.start + chunk.bytes - from) / 16));
    const group = svg.append("g")
      .attr("class", `chunk heap-chunk-${kind} ${number % 2 ? "odd" : "even"}`);
    for (let block = first; block < end;) {
      const row = Math.floor(block / columns);
      const stop = Math.min(end, (row + 1) * columns);
      group.append("rect").attr("x", (block % columns) * size).attr("y", row * size)
        .attr("width", (stop - block) * size).attr("height", size);
      block = stop;
    }
    if (chunk.start >= from) {
      group.append("rect").attr("class", "head").attr("x", (first % columns) * size)
        .attr("y", Math.floor(first / columns) * size).attr("width", 2.5).attr("height", size);
    }
    group.append("title").text(`${name}, ${bytesText(chunk.bytes)}`);
  });
  const box = split.append("div").attr("class", "scroll chunks").attr("tabindex", 0)
    .attr("role", "region").attr("aria-label", "Chunks on this page");
  const table = box.append("table");
  table.append("thead").append("tr").selectAll("th")
    .data(["Address", "Bytes", "What it is"]).join("th").attr("scope", "col")
    .attr("class", (_, index) => (index === 1 ? "number" : null)).text((text) => text);
  const lines = table.append("tbody").selectAll("tr").data(chunks.slice(0, 300)).join("tr");
  lines.append("th").attr("scope", "row")
    .text((chunk) => `0x${(piece.start + BigInt(chunk.start)).toString(16)}`);
  lines.append("td").attr("class", "number").text((chunk) => d3.format(",")(chunk.bytes));
  lines.append("td").text((chunk) => {
    const [, name] = CHUNK_KINDS[chunk.kind] || CHUNK_KINDS.o;
    return chunk.count > 1 ? `${d3.format(",")(chunk.count)} chunks, ${name}` : name;
  });
  let text = `${cellText(picture, arena, cell, trimmed)}; `
    + (chunks.length === 1 ? "one chunk on it" : `${chunks.length} chunks on it`);
  if (chunks.length === 0) text = `${cellText(picture, arena, cell, trimmed)}; its chunks were not recorded`;
  this.status.text(text);
};
