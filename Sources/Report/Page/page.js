// Puts the page together: tabs, figures, downloads.

const panels = Array.from(document.querySelectorAll(".panel"));
const tabList = document.querySelector(".tabs");
const heapFigures = [];

function select(panel, focuses) {
  for (const one of panels) {
    const isChosen = one === panel;
    one.hidden = !isChosen;
    const tab = document.getElementById(`tab-${one.id.slice(6)}`);
    tab.setAttribute("aria-selected", String(isChosen));
    tab.tabIndex = isChosen ? 0 : -1;
    if (isChosen) tabList.scrollLeft = tab.offsetLeft - 40;
    if (isChosen && focuses) tab.focus();
  }
}

function makeTabs() {
  document.documentElement.classList.add("scripted");
  for (const panel of panels) {
    const name = panel.id.slice(6);
    const tab = document.createElement("button");
    tab.type = "button";
    tab.id = `tab-${name}`;
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", panel.id);
    tab.textContent = panel.dataset.title;
    tab.addEventListener("click", () => {
      select(panel, false);
      history.replaceState(null, "", `#${name}`);
    });
    tabList.append(tab);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
  }
  tabList.hidden = false;
  tabList.addEventListener("keydown", (event) => {
    const now = panels.findIndex((panel) => !panel.hidden);
    const places = {
      ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: panels.length - 1,
    };
    if (!(event.key in places)) return;
    event.preventDefault();
    select(panels[(places[event.key] + panels.length) % panels.length], true);
  });
  const wanted = () => panels.find((panel) => `#${panel.id.slice(6)}` === location.hash);
  select(wanted() || panels[0], false);
  window.addEventListener("hashchange", () => {
    if (wanted()) select(wanted(), false);
  });
}

/** Draws every figure; a panel that is not shown has no width, so all are for a moment. */
function drawCharts() {
  const hidden = panels.filter((panel) => panel.hidden);
  for (const panel of hidden) panel.hidden = false;
  for (const node of document.querySelectorAll(".chart")) {
    node.textContent = "";
    const workload = DATA.workloads[Number(node.dataset.workload)];
    if (workload.runs.length > 0) CHARTS[node.dataset.chart](node, workload);
    else node.textContent = "No run came to its end.";
  }
  for (const figure of heapFigures) figure.draw();
  for (const panel of hidden) panel.hidden = true;
}

function makeHeaps() {
  const pictures = DATA.maps.map(prepared);
  const longest = d3.max(pictures, (picture) => d3.max(picture.arenas,
    (arena) => arena.cells.length * picture.perCell)) || 1;
  for (const node of document.querySelectorAll(".heap")) {
    heapFigures.push(new HeapFigure(node, pictures[Number(node.dataset.picture)], longest));
  }
}

function makeDownloads() {
  const place = document.querySelector("[data-downloads]");
  if (!place) return;
  DATA.sources.forEach((source, number) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "download";
    button.textContent = `Download ${source.name}.json`;
    button.addEventListener("click", () => {
      const text = JSON.stringify(recordingOf(number), null, 1);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
      link.download = `${source.name}.json`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    });
    place.append(button);
  });
}

makeTabs();
makeHeaps();
makeDownloads();
drawCharts();

let drawnWidth = document.getElementById("main").clientWidth;
window.addEventListener("resize", () => {
  const width = document.getElementById("main").clientWidth;
  if (width === drawnWidth) return;
  drawnWidth = width;
  drawCharts();
});
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawCharts);
window.addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details:not([open])")) {
    folded.open = true;
    folded.dataset.wasShut = "";
  }
});
window.addEventListener("afterprint", () => {
  for (const folded of document.querySelectorAll("details[data-was-shut]")) {
    folded.open = false;
    delete folded.dataset.wasShut;
  }
});
