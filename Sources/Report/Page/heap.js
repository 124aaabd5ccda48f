// The heap map: what is in a picture, and its first view, all arenas.

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** The palette's number of every cell. */
function cellsOf(text, letters) {
  const cells = [];
  const pattern = letters === 1 ? /([A-Za-z])(\d*)/g : /([A-Za-z]{2})(\d*)/g;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const [, code, count] = match;
    const number = letters === 1 ? LETTERS.indexOf(code)
      : LETTERS.indexOf(code[0]) * LETTERS.length + LETTERS.indexOf(code[1]);
    for (let left = count ? Number(count) : 1; left > 0; left -= 1) cells.push(number);
  }
  return Uint16Array.from(cells);
}

/** What a digit of the map stands for: 0 nothing, 9 all, eighths between. */
const shareOf = (digit) => (digit === 0 ? 0 : digit === 9 ? 1 : (digit - 0.5) / 8);

const KINDS = [
  ["used", "Used"], ["stays", "Free, stays"], ["waste", "Free, in memory"],
  ["absent", "Not in memory"],
];

/** The parts of a cell by kind, before or after a trim; together 1. */
function partsOf([resident, used, trimmable], trimmed) {
  const inMemory = shareOf(resident);
  const waste = Math.min(shareOf(trimmable), inMemory);
  const taken = Math.min(shareOf(used), inMemory - waste);
  const parts = { used: taken, stays: inMemory - waste - taken, waste, absent: 1 - inMemory };
  if (trimmed) {
    parts.absent += parts.waste;
    parts.waste = 0;
  }
  return parts;
}

/** A picture made ready: cells of each arena in a row, and where each of its pieces begins. */
function prepared(picture) {
  const perCell = picture.pagesPerCell * picture.pageSize;
  const arenas = picture.arenas.map((arena) => {
    let first = 0;
    const pieces = arena.extents.map((extent) => {
      const cells = cellsOf(extent.cells, picture.letters);
      const piece = { ...extent, first, count: cells.length, codes: cells, start: BigInt(extent.address) };
      first += cells.length;
      return piece;
    });
    const cells = new Uint16Array(first);
    for (const piece of pieces) cells.set(piece.codes, piece.first);
    return { ...arena, pieces, cells, name: arena.number === 0 ? "main" : `arena ${arena.number}` };
  }).filter((arena) => arena.cells.length > 0);
  return { ...picture, arenas, perCell };
}

/** Colours as the style sheet has them now. */
function heapColours() {
  const style = getComputedStyle(document.documentElement);
  const get = (name) => style.getPropertyValue(`--heap-${name}`).trim();
  const colours = { line: get("line"), cursor: get("cursor"), other: get("other") };
  for (const [kind] of KINDS) colours[kind] = get(kind);
  colours.ramp = d3.scaleLinear().domain([0, 1]).range([get("used-least"), get("used")])
    .interpolate(d3.interpolateLab);
  return colours;
}

/** The colour of one cell: how full it is when anything on it is used, else what it is free for. */
function colourOf(digits, trimmed, colours) {
  const parts = partsOf(digits, trimmed);
  const most = d3.scan(KINDS, (a, b) => parts[b[0]] - parts[a[0]]);
  const kind = KINDS[most][0];
  if (digits[1] > 0 && (kind === "used" || kind === "stays")) {
    return colours.ramp(parts.used / Math.max(0.01, 1 - parts.absent));
  }
  return colours[kind];
}

/** A canvas that is sharp on any screen. */
function sharpCanvas(parent, width, height) {
  const scale = window.devicePixelRatio || 1;
  const canvas = parent.append("canvas").attr("width", Math.round(width * scale))
    .attr("height", Math.round(height * scale));
  canvas.style("width", `${width}px`).style("height", `${height}px`);
  const context = canvas.node().getContext("2d");
  context.scale(scale, scale);
  return { canvas, context };
}

/** Draws an arena as a strip: each column shows the parts of what it stands for. */
function drawStrip(context, arena, picture, width, height, trimmed, colours) {
  const columns = Math.max(1, Math.round(width));
  for (let column = 0; column < columns; column += 1) {
    const first = Math.floor(column * arena.cells.length / columns);
    const end = Math.max(first + 1, Math.floor((column + 1) * arena.cells.length / columns));
    const sums = { used: 0, stays: 0, waste: 0, absent: 0 };
    for (let cell = first; cell < end; cell += 1) {
      const parts = partsOf(picture.palette[arena.cells[cell]], trimmed);
      for (const [kind] of KINDS) sums[kind] += parts[kind];
    }
    let bottom = height;
    for (const [kind] of KINDS) {
      const tall = sums[kind] / (end - first) * height;
      context.fillStyle = colours[kind];
      context.fillRect(column, bottom - tall, 1, tall + 0.5);
      bottom -= tall;
    }
  }
}

/** The figure of one map: its switch, its legend, and one of three views. */
class HeapFigure {
  constructor(node, picture, longest) {
    this.node = d3.select(node);
    this.picture = picture;
    this.longest = longest;
    this.trimmed = false;
    this.place = { view: "arenas" };
    const bar = this.node.append("div").attr("class", "heap-bar");
    this.path = bar.append("nav").attr("class", "path").attr("aria-label", "Zoom");
    this.toggle = bar.append("button").attr("type", "button").attr("class", "toggle")
      .attr("aria-pressed", "false").text("After malloc_trim")
      .on("click", () => {
        this.trimmed = !this.trimmed;
        this.draw();
      });
    this.legend = this.node.append("ul").attr("class", "heap-legend").attr("aria-hidden", "true");
    this.stage = this.node.append("div").attr("class", "stage");
    this.status = this.node.append("p").attr("class", "readout").attr("aria-live", "polite");
    this.node.on("keydown", () => {
      if (d3.event.key === "Escape" && this.place.view !== "arenas") {
        d3.event.preventDefault();
        this.up();
      }
    });
  }

  get width() {
    return Math.max(240, this.node.node().clientWidth);
  }

  go(place, focus) {
    this.place = place;
    this.draw();
    const target = focus && this.stage.select(focus).node();
    if (target) target.focus({ preventScroll: true });
  }

  up() {
    const { view, arena, cell } = this.place;
    if (view === "page") this.go({ view: "arena", arena, cell }, "canvas");
    else this.go({ view: "arenas" }, `button[data-arena="${arena}"]`);
  }

  draw() {
    const arena = this.picture.arenas[this.place.arena];
    this.toggle.attr("aria-pressed", String(this.trimmed));
    this.path.selectAll("*").remove();
    const steps = [["All arenas", { view: "arenas" }]];
    if (arena) steps.push([arena.name, { view: "arena", arena: this.place.arena, cell: this.place.cell }]);
    if (this.place.view === "page") steps.push(["page", null]);
    steps.forEach(([text, place], index) => {
      if (index === steps.length - 1) {
        this.path.append("span").attr("aria-current", "step").text(text);
      } else {
        this.path.append("button").attr("type", "button").text(text)
          .on("click", () => this.go(place, index === 0 ? "button" : "canvas"));
        this.path.append("span").attr("aria-hidden", "true").text(" › ");
      }
    });
    this.legend.selectAll("li").data(KINDS).join((enter) => {
      const item = enter.append("li");
      item.append("i").attr("class", ([kind]) => `heap-${kind}`);
      item.append("span").text(([, name]) => name);
      return item;
    });
    this.stage.selectAll("*").remove();
    this.status.text("");
    this[this.place.view]();
  }

  /** All arenas below each other, on one scale for all maps of the page. */
  arenas() {
    const colours = heapColours();
    const room = this.width < 560 ? 0 : 230;
    const strip = this.width - room - 26;
    const list = this.stage.append("ul").attr("class", "arenas");
    this.picture.arenas.forEach((arena, number) => {
      const bytes = arena.cells.length * this.picture.perCell;
      const waste = this.trimmed ? 0 : arena.trimmable;
      const button = list.append("li").append("button").attr("type", "button")
        .attr("data-arena", number)
        .on("click", () => this.go({ view: "arena", arena: number, cell: 0 }, "canvas"));
      const words = button.append("span").attr("class", "words");
      words.append("b").text(arena.name);
      words.append("span").text(` ${megabytes(bytes)}, ${megabytes(waste)} free`);
      const width = Math.max(2, strip * bytes / this.longest);
      const { context } = sharpCanvas(button, width, 20);
      drawStrip(context, arena, this.picture, width, 20, this.trimmed, colours);
    });
    const waste = d3.sum(this.picture.arenas, (arena) => arena.trimmable);
    this.status.text(this.trimmed
      ? `After malloc_trim: ${megabytes(waste)} given back. Choose an arena to see its pages.`
      : `Now: ${megabytes(waste)} free in memory. Choose an arena to see its pages.`);
  }
}
