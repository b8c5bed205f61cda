/* The plan on a map. Reads the JSON of the page, draws on canvases, and asks nothing of any network unless a
   tile layer is switched on. Names from the data reach the page through text nodes and canvas text only. */
"use strict";
(function () {
  const data = JSON.parse(document.getElementById("plan-data").textContent);
  const REFERENCE_ZOOM = 16;
  const SITE_REACH_PX = 13;
  const WHITE_PX = 9;
  const LONGEST_LABEL = 16;
  const SHOWN_IN_LIST = 60;
  const CLASSES = [
    { fill: "#ffffff", line: "#c2410c" },
    { fill: "#c7e9b4", line: "#3f5f4a" },
    { fill: "#41b6c4", line: "#164e56" },
    { fill: "#225ea8", line: "#ffffff" },
    { fill: "#081d58", line: "#ffffff" },
  ];
  const NOT_COUNTED = { fill: "#d4d4d4", line: "#8a8a8a" };
  const ROLES = {
    candidate: { fill: "#f5c518", line: "#1a1a1a", sides: "star" },
    committed: { fill: "#d55e00", line: "#1a1a1a", sides: "diamond" },
    existing: { fill: "#6b6b6b", line: "#ffffff", sides: "square" },
  };
  const ROADS = [
    ["building", null, "#e3ddd3"],
    ["water_area", null, "#cfe3f2"],
    ["water", 2.4, "#a9cde6"],
    ["railway", 1.6, "#a8a8b3"],
    ["path", 0.7, "#d9cfc0"],
    ["minor", 1.3, "#cdc6ba"],
    ["major", 2.8, "#b9ad97"],
  ];
  const SPACE = { fill: "rgba(0,158,115,0.22)", line: "#00694d" };
  const WHITE = { fill: "rgba(204,51,153,0.22)", line: "#a3005f" };
  const NARROW_PX = 720;
  const NO_INDEX = -1;

  const state = {
    language: data.language,
    year: data.years.length - 1,
    enabled: data.functions.map(() => true),
    layers: { demand: true, communities: true, base: true, later: false, ...(data.white_spots.length ? { white: true } : {}), ...(data.spaces.length ? { space: true } : {}) },
    hovered: null,
    selected: null,
    measuring: null,
  };

  /* --- words and elements ------------------------------------------------------------------------------ */

  const byId = (id) => document.getElementById(id);
  const chosen = (pair) => (pair ? pair[state.language === "zh" ? 0 : 1] : "");
  const t = (key, ...values) => chosen(data.words[key]).replace(/\{(\d)\}/g, (_, n) => String(values[Number(n)]));
  const year = () => data.years[state.year];
  const count = (value, digits) =>
    Number(value).toLocaleString(state.language === "zh" ? "zh-CN" : "en-GB", {
      maximumFractionDigits: digits === undefined ? 0 : digits,
    });
  const money = (cny) =>
    state.language === "zh" ? t("money", count(cny / 1e4, 1)) : t("money", count(cny / 1e3, 0));

  function element(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value);
    }
    for (const child of children.flat(Infinity)) {
      if (child !== null && child !== undefined) {
        node.append(typeof child === "object" ? child : document.createTextNode(String(child)));
      }
    }
    return node;
  }
  const named = (words) => element("bdi", { class: "name" }, words);
  const replace = (id, ...children) => byId(id).replaceChildren(...children.flat(Infinity));
  function announce(words) {
    byId("announcement").textContent = words;
  }

  /* --- places ------------------------------------------------------------------------------------------ */

  const { origin, degrees_per_unit: step } = data;
  const atReference = (longitude, latitude) =>
    L.CRS.EPSG3857.latLngToPoint(L.latLng(latitude, longitude), REFERENCE_ZOOM);
  const anchor = atReference(origin[0], origin[1]);
  function place(x, y) {
    const point = atReference(origin[0] + x * step, origin[1] + y * step);
    return [point.x - anchor.x, point.y - anchor.y];
  }
  const latLng = (x, y) => L.latLng(origin[1] + y * step, origin[0] + x * step);
  function decoded(deltas) {
    const points = new Float64Array(deltas.length);
    let x = 0;
    let y = 0;
    for (let i = 0; i < deltas.length; i += 2) {
      x += deltas[i];
      y += deltas[i + 1];
      [points[i], points[i + 1]] = place(x, y);
    }
    return points;
  }
  function addTo(path, points, closed) {
    path.moveTo(points[0], points[1]);
    for (let i = 2; i < points.length; i += 2) path.lineTo(points[i], points[i + 1]);
    if (closed) path.closePath();
  }
  function pathOf(lines, closed) {
    const path = new Path2D();
    for (const deltas of lines) addTo(path, decoded(deltas), closed);
    return path;
  }

  const basePaths = ROADS.map(([kind, width, colour]) => ({
    width,
    colour,
    path: pathOf(data.base[kind] || [], width === null),
  }));
  const demand = data.demand;
  const demandCount = demand.x.length;
  const demandX = new Float64Array(demandCount);
  const demandY = new Float64Array(demandCount);
  const demandSize = new Uint8Array(demandCount);
  for (let i = 0; i < demandCount; i += 1) {
    [demandX[i], demandY[i]] = place(demand.x[i], demand.y[i]);
    demandSize[i] = Math.max(3, Math.min(9, Math.round(2 + Math.sqrt(demand.households[i]) / 4)));
  }
  for (const site of data.sites) [site.px, site.py] = place(site.x, site.y);
  for (const community of data.communities) {
    [community.px, community.py] = place(community.x, community.y);
    community.path = community.rings ? pathOf(community.rings, true) : null;
  }
  for (const spot of [...data.white_spots, ...data.spaces]) {
    [spot.px, spot.py] = place(spot.x, spot.y);
    spot.path = pathOf(spot.rings, true);
  }
  const walkPaths = new Map();
  function walkPath(site, radius) {
    const key = site.id + " " + radius;
    if (!walkPaths.has(key)) walkPaths.set(key, pathOf(site.walks[radius], true));
    return walkPaths.get(key);
  }

  /* --- what the plan says in the chosen year ------------------------------------------------------------ */

  const bitCount = (mask) => {
    let bits = 0;
    for (let rest = mask; rest; rest &= rest - 1) bits += 1;
    return bits;
  };
  const enabledMask = () => state.enabled.reduce((mask, on, f) => (on ? mask | (1 << f) : mask), 0);
  function shareClass(covered, counted) {
    if (counted === 0) return NO_INDEX;
    if (covered === 0) return 0;
    if (covered === counted) return 4;
    const share = covered / counted;
    return share < 1 / 3 ? 1 : share < 2 / 3 ? 2 : 3;
  }
  function demandClass(i, mask) {
    const counted = demand.counted[i][state.year] & mask;
    return shareClass(bitCount(demand.covered[i][state.year] & counted), bitCount(counted));
  }
  function communityShare(community, mask) {
    const counted = community.in_scope ? community.counted[state.year] & mask : 0;
    return [bitCount(community.covered[state.year] & counted), bitCount(counted)];
  }
  const providedBy = (site) =>
    site.functions.reduce((mask, item) => (item.area[state.year] > 0 ? mask | (1 << item.function) : mask), 0);
  const isOpen = (site) => site.open_from !== null && site.functions.some((item) => item.area[state.year] > 0);
  const opensNow = (site) => site.role === "candidate" && site.open_from === year();
  const figure = (f) => data.coverage[f][state.year];

  /* --- the map ------------------------------------------------------------------------------------------ */

  const map = L.map("map", {
    zoomControl: false,
    attributionControl: false,
    zoomSnap: 0.5,
    minZoom: 7,
    maxZoom: 19,
    maxBoundsViscosity: 0.7,
  });
  const [west, south, east, north] = data.view;
  const wholeView = L.latLngBounds([south, west], [north, east]);
  map.setMaxBounds(wholeView.pad(1.5));
  map.fitBounds(wholeView);

  const Painting = L.Canvas.extend({
    initialize(pane, draw) {
      L.Renderer.prototype.initialize.call(this, { pane, padding: 0.2 });
      this.draw = draw;
    },
    _initContainer() {
      L.Canvas.prototype._initContainer.call(this);
      this._container.setAttribute("aria-hidden", "true");
    },
    _updatePaths() {},
    _update() {
      if (this._map._animatingZoom && this._bounds) return;
      L.Canvas.prototype._update.call(this);
      this.paint();
    },
    paint() {
      if (!this._map || !this._bounds) return;
      const { min } = this._bounds;
      const size = this._bounds.getSize();
      const context = this._ctx;
      const scale = 2 ** (this._map.getZoom() - REFERENCE_ZOOM);
      const pixelOrigin = this._map.getPixelOrigin();
      const frame = {
        context,
        scale,
        left: anchor.x * scale - pixelOrigin.x,
        top: anchor.y * scale - pixelOrigin.y,
        min,
        max: this._bounds.max,
        zoom: this._map.getZoom(),
      };
      context.clearRect(min.x, min.y, size.x, size.y);
      this.draw(frame);
    },
  });
  function pane(name, order) {
    map.createPane(name).style.zIndex = String(order);
    map.getPane(name).style.pointerEvents = "none";
    return name;
  }
  const basePainting = new Painting(pane("base", 250), drawBase);
  const areaPainting = new Painting(pane("areas", 300), drawAreas);
  const placePainting = new Painting(pane("places", 400), drawPlaces);

  /* Draw with the context moved into reference pixels; `width` is a line's width on the screen. */
  function inReference(frame, drawing) {
    const { context, scale, left, top } = frame;
    context.save();
    context.translate(left, top);
    context.scale(scale, scale);
    drawing((width) => {
      context.lineWidth = width / scale;
    });
    context.restore();
  }
  const onScreen = (frame, x, y) => [x * frame.scale + frame.left, y * frame.scale + frame.top];
  const isVisible = (frame, x, y, margin) =>
    x > frame.min.x - margin && x < frame.max.x + margin && y > frame.min.y - margin && y < frame.max.y + margin;

  function drawBase(frame) {
    if (!state.layers.base) return;
    const { context, zoom } = frame;
    const wider = Math.max(0.45, Math.min(3, 2 ** ((zoom - 15) / 2)));
    inReference(frame, (setWidth) => {
      context.lineJoin = "round";
      context.lineCap = "round";
      for (const { width, colour, path } of basePaths) {
        if (width === null) {
          context.fillStyle = colour;
          context.fill(path, "evenodd");
        } else {
          context.strokeStyle = colour;
          setWidth(width * wider);
          context.stroke(path);
        }
      }
    });
  }

  function drawAreas(frame) {
    const { context } = frame;
    const mask = enabledMask();
    inReference(frame, (setWidth) => {
      if (state.layers.communities) {
        for (const community of data.communities) {
          if (!community.path) continue;
          const style = classStyle(shareClass(...communityShare(community, mask)));
          context.globalAlpha = 0.45;
          context.fillStyle = style.fill;
          context.fill(community.path, "evenodd");
          context.globalAlpha = 1;
          context.strokeStyle = "#555555";
          setWidth(isMarked("community", data.communities.indexOf(community)) ? 3 : 1);
          context.stroke(community.path);
        }
      }
      for (const [site, radius, order] of walksShown()) {
        const path = walkPath(site, radius);
        context.globalAlpha = order ? 0.16 : 0.2;
        context.fillStyle = "#0072b2";
        context.fill(path, "evenodd");
        context.globalAlpha = 0.9;
        context.strokeStyle = "#005a8c";
        setWidth(order ? 1.4 : 2);
        context.stroke(path);
        context.globalAlpha = 1;
      }
      for (const [kind, zones, style] of zoneLayers()) {
        zones.forEach((zone, index) => {
          if (!isOfYear(zone)) return;
          context.fillStyle = style.fill;
          context.fill(zone.path, "evenodd");
          context.strokeStyle = style.line;
          setWidth(isMarked(kind, index) ? 3.5 : 1.6);
          context.stroke(zone.path);
        });
      }
    });
  }
  const zoneLayers = () => [["white", data.white_spots, WHITE], ["space", data.spaces, SPACE]].filter(([kind]) => state.layers[kind]);
  /* Areas for spaces belong to the year whose target is missed. */
  const isOfYear = (zone) => !zone.only_year || zone.only_year === year();
  const classStyle = (index) => (index === NO_INDEX ? NOT_COUNTED : CLASSES[index]);
  const isMarked = (kind, index) =>
    [state.hovered, state.selected].some((item) => item && item.kind === kind && item.index === index);

  /* The walking areas of the site that is hovered or chosen: one for each radius of its chosen functions. */
  function walksShown() {
    const shown = [];
    for (const item of [state.selected, state.hovered]) {
      if (!item || item.kind !== "site" || shown.some(([site]) => site === data.sites[item.index])) continue;
      const site = data.sites[item.index];
      radiiOf(site).forEach((radius, order) => shown.push([site, radius, order]));
    }
    return shown;
  }
  function radiiOf(site) {
    const mask = enabledMask();
    const radii = site.functions
      .filter((item) => mask & (1 << item.function) && item.area.some((area) => area > 0))
      .map((item) => String(data.functions[item.function].radius_m));
    const known = [...new Set(radii)].filter((radius) => site.walks && site.walks[radius]);
    return known.sort((one, other) => Number(other) - Number(one));
  }

  const sprites = new Map();
  function sprite(index, size) {
    const ratio = window.devicePixelRatio > 1 ? 2 : 1;
    const key = index * 100 + size;
    if (!sprites.has(key)) {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = (2 * size + 4) * ratio;
      const context = canvas.getContext("2d");
      const style = classStyle(index);
      context.scale(ratio, ratio);
      context.beginPath();
      context.arc(size + 2, size + 2, size, 0, 2 * Math.PI);
      context.fillStyle = style.fill;
      context.globalAlpha = index === NO_INDEX ? 0.6 : 1;
      context.fill();
      context.lineWidth = index === 0 ? 2 : 1;
      context.strokeStyle = style.line;
      context.stroke();
      sprites.set(key, canvas);
    }
    return sprites.get(key);
  }

  function drawPlaces(frame) {
    const mask = enabledMask();
    if (state.layers.demand) drawDemand(frame, mask);
    const labels = [];
    if (state.layers.communities) drawCommunities(frame, mask, labels);
    drawSites(frame, mask, labels);
    if (state.layers.white) data.white_spots.forEach((spot, index) => drawWhiteSpot(frame, spot, index));
    drawLabels(frame, labels);
    drawMeasured(frame);
  }
  function drawDemand(frame, mask) {
    const { context } = frame;
    const shrink = frame.zoom < 13 ? 0.6 : 1;
    for (let i = 0; i < demandCount; i += 1) {
      const x = demandX[i] * frame.scale + frame.left;
      const y = demandY[i] * frame.scale + frame.top;
      if (!isVisible(frame, x, y, 12)) continue;
      const size = demandSize[i] + 2;
      const image = sprite(demandClass(i, mask), demandSize[i]);
      context.drawImage(image, x - size * shrink, y - size * shrink, 2 * size * shrink, 2 * size * shrink);
      if (isMarked("demand", i)) circle(context, x, y, size + 2, "#d6006c", 3);
    }
  }
  /* The marked place of a zone: its rank in a disc. */
  function drawWhiteSpot(frame, spot, index) {
    const { context } = frame;
    const [x, y] = onScreen(frame, spot.px, spot.py);
    if (!isVisible(frame, x, y, 20)) return;
    context.beginPath();
    context.arc(x, y, WHITE_PX, 0, 2 * Math.PI);
    context.fillStyle = WHITE.line;
    context.fill();
    circle(context, x, y, WHITE_PX, isMarked("white", index) ? "#1a1a1a" : "#ffffff", 1.5);
    context.fillStyle = "#ffffff";
    context.font = "bold 11px sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(String(spot.rank), x, y);
  }
  function circle(context, x, y, radius, colour, width) {
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }
  function drawCommunities(frame, mask, labels) {
    const { context } = frame;
    data.communities.forEach((community, index) => {
      const [x, y] = onScreen(frame, community.px, community.py);
      if (!isVisible(frame, x, y, 40)) return;
      const radius = communityRadius(frame.zoom);
      if (!community.path) drawRing(context, x, y, radius, communityShare(community, mask));
      if (isMarked("community", index)) circle(context, x, y, radius + 4, "#d6006c", 3);
      if (frame.zoom >= 12) labels.push([community.name, x, y + radius + 4]);
    });
    for (const town of frame.zoom < 13.5 ? data.towns : []) {
      const [x, y] = onScreen(frame, ...place(town.x, town.y));
      labels.push([town.name, x, y - 26]);
    }
  }
  const communityRadius = (zoom) => Math.max(8, Math.min(14, zoom - 1));
  /* A ring for a community without boundary: the filled part is the share of the chosen functions. */
  function drawRing(context, x, y, radius, [covered, counted]) {
    const share = counted ? covered / counted : 0;
    const start = -Math.PI / 2;
    circle(context, x, y, radius, "#ffffff", 8);
    circle(context, x, y, radius, counted ? "#9a9a9a" : "#cccccc", 5);
    if (share > 0) {
      context.beginPath();
      context.arc(x, y, radius, start, start + share * 2 * Math.PI);
      context.strokeStyle = classStyle(shareClass(covered, counted)).fill;
      context.lineWidth = 5;
      context.stroke();
    }
    if (counted && covered === 0) circle(context, x, y, radius, CLASSES[0].line, 2);
  }
  function drawSites(frame, mask, labels) {
    const order = data.sites.map((site, index) => [site, index]).filter(([site]) => isShown(site));
    order.sort(([one], [other]) => Number(isOpen(one)) - Number(isOpen(other)));
    for (const [site, index] of order) {
      const [x, y] = onScreen(frame, site.px, site.py);
      if (!isVisible(frame, x, y, 20)) continue;
      drawSite(frame.context, site, x, y, mask, frame.zoom < 13 ? 0.65 : 1);
      if (isMarked("site", index)) {
        circle(frame.context, x, y, 15, "#d6006c", 3);
        labels.push([site.name, x, y + 16]);
      }
    }
  }
  const isShown = (site) => isOpen(site) || state.layers.later;
  function drawSite(context, site, x, y, mask, scale) {
    const style = ROLES[site.role];
    const open = isOpen(site);
    const wanted = open && providedBy(site) & mask;
    const size = (site.role === "existing" ? 5 : 8) * (wanted ? 1 : 0.7) * scale;
    if (wanted && opensNow(site)) circle(context, x, y, size + 5 * scale, "#1a1a1a", 2 * scale);
    context.globalAlpha = wanted ? 1 : 0.55;
    shape(context, style.sides, x, y, size);
    context.fillStyle = open ? style.fill : "#ffffff";
    context.fill();
    context.strokeStyle = open ? style.line : "#7a7a7a";
    context.lineWidth = 1.3;
    context.stroke();
    context.globalAlpha = 1;
  }
  function shape(context, sides, x, y, size) {
    context.beginPath();
    if (sides === "square") {
      context.rect(x - size, y - size, 2 * size, 2 * size);
    } else if (sides === "diamond") {
      for (const [dx, dy] of [[0, -1.2], [1.2, 0], [0, 1.2], [-1.2, 0]]) context.lineTo(x + dx * size, y + dy * size);
    } else {
      for (let corner = 0; corner < 10; corner += 1) {
        const away = size * (corner % 2 ? 0.55 : 1.25);
        const turn = (corner * Math.PI) / 5 - Math.PI / 2;
        context.lineTo(x + away * Math.cos(turn), y + away * Math.sin(turn));
      }
    }
    context.closePath();
  }
  function drawLabels(frame, labels) {
    const { context } = frame;
    const taken = [];
    context.font = '12px "Siteplan CJK", sans-serif';
    context.textAlign = "center";
    context.textBaseline = "top";
    context.lineJoin = "round";
    for (const [words, x, y] of [...labels].reverse()) {
      const short = [...words].length > LONGEST_LABEL ? [...words].slice(0, LONGEST_LABEL).join("") + "…" : words;
      const half = context.measureText(short).width / 2 + 3;
      const box = [x - half, y - 1, x + half, y + 15];
      if (taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1])) continue;
      taken.push(box);
      context.strokeStyle = "rgba(255,255,255,0.9)";
      context.lineWidth = 3;
      context.strokeText(short, x, y);
      context.fillStyle = "#222222";
      context.fillText(short, x, y);
    }
  }

  /* --- measuring ------------------------------------------------------------------------------------------ */

  function drawMeasured(frame) {
    if (!state.measuring || !state.measuring.length) return;
    const { context } = frame;
    const points = state.measuring.map((at) => map.latLngToLayerPoint(at));
    context.beginPath();
    for (const point of points) context.lineTo(point.x, point.y);
    context.strokeStyle = "#d6006c";
    context.lineWidth = 3;
    context.setLineDash([7, 5]);
    context.stroke();
    context.setLineDash([]);
    for (const point of points) {
      context.beginPath();
      context.arc(point.x, point.y, 4, 0, 2 * Math.PI);
      context.fillStyle = "#d6006c";
      context.fill();
    }
  }
  function measuredMetres() {
    let metres = 0;
    for (let i = 1; i < state.measuring.length; i += 1) metres += map.distance(state.measuring[i - 1], state.measuring[i]);
    return metres;
  }
  function setMeasuring(on) {
    state.measuring = on ? [] : null;
    byId("measure").setAttribute("aria-pressed", String(on));
    byId("map").classList.toggle("measuring", on);
    byId("measured").hidden = !on;
    if (on) tellMeasured();
    placePainting.paint();
  }
  function addMeasured(at) {
    state.measuring.push(at);
    tellMeasured();
    placePainting.paint();
  }
  function tellMeasured() {
    byId("measured").textContent =
      state.measuring.length < 2 ? t("measure_how") : t("measured", count(measuredMetres()));
  }

  /* --- finding what is under the pointer ------------------------------------------------------------------- */

  function under(layerPoint) {
    const scale = 2 ** (map.getZoom() - REFERENCE_ZOOM);
    const pixelOrigin = map.getPixelOrigin();
    const frame = { scale, left: anchor.x * scale - pixelOrigin.x, top: anchor.y * scale - pixelOrigin.y };
    const away = (x, y) => Math.hypot(x * scale + frame.left - layerPoint.x, y * scale + frame.top - layerPoint.y);
    const nearest = (kind, length, distance, within) => {
      let found = null;
      let least = Infinity;
      for (let i = 0; i < length; i += 1) {
        const metres = distance(i);
        if (metres <= within(i) && metres < least) {
          least = metres;
          found = { kind, index: i };
        }
      }
      return found;
    };
    const sites = data.sites;
    const site = nearest("site", sites.length, (i) => (isShown(sites[i]) ? away(sites[i].px, sites[i].py) : Infinity), () => SITE_REACH_PX);
    if (site) return site;
    const spots = state.layers.white ? data.white_spots : [];
    const spot = nearest("white", spots.length, (i) => away(spots[i].px, spots[i].py), () => WHITE_PX + 3);
    if (spot) return spot;
    const point = state.layers.demand
      ? nearest("demand", demandCount, (i) => away(demandX[i], demandY[i]), (i) => demandSize[i] + 3)
      : null;
    if (point) return point;
    const at = [(layerPoint.x - frame.left) / scale, (layerPoint.y - frame.top) / scale];
    for (const [kind, zones] of zoneLayers()) {
      const zone = inPolygon(kind, zones, ...at);
      if (zone) return zone;
    }
    if (!state.layers.communities) return null;
    const communities = data.communities;
    const ring = nearest("community", communities.length, (i) => away(communities[i].px, communities[i].py), () => communityRadius(map.getZoom()) + 6);
    return ring || inPolygon("community", communities, ...at);
  }
  function inPolygon(kind, owners, x, y) {
    const context = areaPainting._ctx;
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    const index = owners.findIndex((owner) => owner.path && isOfYear(owner) && context.isPointInPath(owner.path, x, y, "evenodd"));
    context.restore();
    return index < 0 ? null : { kind, index };
  }
  const same = (one, other) => one === other || (one && other && one.kind === other.kind && one.index === other.index);
  function hover(item) {
    if (same(item, state.hovered)) return;
    state.hovered = item;
    areaPainting.paint();
    placePainting.paint();
    const tip = byId("tip");
    tip.hidden = !item;
    if (item) tip.replaceChildren(named(nameOf(item)), element("span", {}, " " + shortAnswer(item)));
  }
  function select(item, options) {
    state.selected = item;
    state.hovered = null;
    byId("tip").hidden = true;
    areaPainting.paint();
    placePainting.paint();
    showCard(options && options.focus);
    if (item && options && options.move) {
      const [x, y] = item.kind === "demand" ? [demand.x[item.index], demand.y[item.index]] : placeOf(item);
      map.setView(latLng(x, y), Math.max(map.getZoom(), 15), { animate: false });
      const { width, height } = byId("card").getBoundingClientRect();
      map.panBy(window.innerWidth <= NARROW_PX ? [0, height / 2] : [width / 2, 0], { animate: false });
    }
  }
  const placeOf = ({ kind, index }) => {
    const owner = { site: data.sites, town: data.towns, white: data.white_spots, space: data.spaces, community: data.communities }[kind][index];
    return [owner.x, owner.y];
  };
  const nameOf = ({ kind, index }) =>
    kind === "demand"
      ? demand.name[index]
      : kind === "white"
      ? t("white_name", data.white_spots[index].rank, chosen(data.white_spots[index].name))
      : kind === "space"
      ? t("space_name", chosen(data.spaces[index].name))
      : { site: data.sites, community: data.communities, town: data.towns }[kind][index].name;
  function shortAnswer({ kind, index }) {
    if (kind === "site") {
      const site = data.sites[index];
      return isOpen(site) ? t("open_since", site.open_from) : closedWords(site);
    }
    if (kind === "white") return t("white_year", data.white_spots[index].year);
    if (kind === "space") return t("space_place", data.spaces[index].id, chosen(data.spaces[index].place));
    const mask = enabledMask();
    const [covered, counted] =
      kind === "community"
        ? communityShare(data.communities[index], mask)
        : [bitCount(demand.covered[index][state.year] & demand.counted[index][state.year] & mask), bitCount(demand.counted[index][state.year] & mask)];
    return counted ? t("of_functions", covered, counted) : t("not_counted");
  }
  const closedWords = (site) => (site.open_from === null ? t("never_opens") : site.open_from > year() ? t("opens_in", site.open_from) : t("converted"));

  /* --- cards ------------------------------------------------------------------------------------------------ */

  const fact = (term, ...answer) => [element("dt", {}, t(term)), element("dd", {}, ...answer)];
  const factOf = (term, value, ...answer) => (value === null || value === undefined || value === "" ? [] : fact(term, ...answer));

  /* What had the focus before the card: closing it gives the focus back. */
  let opener = null;
  function showCard(focus) {
    const card = byId("card");
    const item = state.selected;
    const focused = document.activeElement;
    if (item && focused !== document.body && !card.contains(focused)) opener = focused;
    card.hidden = !item;
    if (!item) return;
    const content = { site: siteCard, demand: demandCard, community: communityCard, white: whiteCard, space: spaceCard }[item.kind](item.index);
    const close = element("button", { type: "button", class: "close", "aria-label": t("close"), onclick: closeCard }, "×");
    const heading = element("h2", { id: "card-title", tabindex: "-1" }, named(nameOf(item)));
    card.replaceChildren(close, heading, ...content.flat(Infinity));
    card.scrollTop = 0;
    announce(nameOf(item) + " " + shortAnswer(item));
    if (focus) heading.focus();
  }
  function closeCard() {
    select(null);
    const back = opener && opener.isConnected ? opener : byId("search");
    opener = null;
    back.focus({ preventScroll: true });
  }
  const statusWords = (status) => chosen(data.statuses[status]);

  const roleWords = (site) => (site.role === "candidate" && site.open_from !== null ? t("planned_site") : chosen(data.roles[site.role]));

  function siteCard(index) {
    const site = data.sites[index];
    const community = data.communities[site.community];
    const heads = site.functions.map((item) => {
      const f = data.functions[item.function];
      const area = item.area[state.year] || Math.max(...item.area);
      const places = item.places[state.year] || Math.max(...item.places);
      return element(
        "tr",
        { class: state.enabled[item.function] ? "" : "off" },
        element("th", { scope: "row" }, chosen(f.name)),
        element("td", {}, item.from_year),
        element("td", {}, count(area)),
        element("td", {}, count(places), " ", chosen(f.unit)),
        element("td", {}, count(item.persons[state.year])),
      );
    });
    const columns = ["function", "from", "area", "places", "persons_nearest"];
    return [
      element("p", { class: "kind" }, roleWords(site), " · ", isOpen(site) ? t("open_since", site.open_from) : closedWords(site)),
      element(
        "dl",
        {},
        fact("community", named(community.name)),
        fact("floor_area", t("square_metres", count(site.floor_area_m2)), " · ", t("usable", count(site.usable_area_m2))),
        factOf("form", site.form, chosen(data.choices[site.form])),
        factOf("mode", site.mode, chosen(data.choices[site.mode])),
        factOf("consent", site.consent, chosen(data.choices[site.consent])),
        factOf("operator", site.operator, named(site.operator)),
        site.joint ? fact("joint", named(site.joint[0]), " · ", String(site.joint[1]), site.joint_cny ? " · " + t("joint_pays", money(site.joint_cny)) : "") : [],
        site.open_from !== null && site.role !== "existing"
          ? [
              fact("capital", money(site.capital_cny)),
              fact("running", t("a_year", money(site.running_cny)), site.fees_cny ? " · " + t("fees", money(site.fees_cny)) : ""),
            ]
          : [],
        site.paid.length ? fact("paid_by", site.paid.map(([name, cny]) => chosen(name) + " " + money(cny)).join("; ")) : [],
        factOf("land_use", site.land_use_due, site.land_use_due),
        factOf("converted_in", site.converted_in, site.converted_in),
        fact("data_status", statusWords(site.status)),
      ),
      heads.length
        ? element("table", {}, element("thead", {}, element("tr", {}, columns.map((key) => element("th", { scope: "col" }, t(key))))), element("tbody", {}, heads))
        : null,
      site.walks ? element("p", { class: "hint" }, t("walk_hint", radiiOf(site).join(" / "))) : null,
      why(site),
      site.excluded.length
        ? element("details", {}, element("summary", {}, t("may_not")), element("ul", {}, site.excluded.map(([functions, reason]) => element("li", {}, functions.map((f) => chosen(data.functions[f].name)).join(state.language === "zh" ? "、" : ", "), ": ", named(chosen(reason))))))
        : null,
    ].filter(Boolean);
  }
  function why(site) {
    if (!site.why.length) return null;
    return element("details", { open: "" }, element("summary", {}, t("why")), element("ul", {}, site.why.map((line) => element("li", {}, named(chosen(line))))));
  }

  function whiteCard(index) {
    const spot = data.white_spots[index];
    return [
      element("p", { class: "kind" }, shortAnswer({ kind: "white", index })),
      element("ul", {}, spot.lines.map((line) => element("li", {}, named(chosen(line))))),
      element("p", { class: "hint" }, t("white_hint")),
    ];
  }

  function spaceCard(index) {
    const space = data.spaces[index];
    return [
      element("p", { class: "kind" }, shortAnswer({ kind: "space", index })),
      element("p", {}, named(chosen(space.words))),
      element("p", { class: "hint" }, t("space_hint")),
    ];
  }

  function demandCard(index) {
    const community = data.communities[demand.community[index]];
    const rows = data.functions.map((f, n) => {
      const isCounted = demand.counted[index][state.year] & (1 << n);
      const nearest = nearestOf(index, n);
      const answer = !isCounted
        ? [element("td", { colspan: "2" }, t("no_group"))]
        : nearest
          ? [element("td", {}, siteButton(nearest[0])), element("td", {}, t("metres", count(nearest[1])))]
          : [element("td", { colspan: "2", class: "short" }, t("none_in_reach"))];
      return element("tr", { class: state.enabled[n] ? "" : "off" }, element("th", { scope: "row" }, chosen(f.name)), ...answer);
    });
    return [
      element("p", { class: "kind" }, t("demand_point"), " · ", shortAnswer({ kind: "demand", index })),
      element(
        "dl",
        {},
        fact("community", named(community.name)),
        fact("households", count(demand.households[index])),
        factOf("occupied_from", demand.occupied_from[index], demand.occupied_from[index]),
        fact("data_status", statusWords(demand.status[index])),
      ),
      element("table", {}, element("thead", {}, element("tr", {}, ["function", "nearest_site", "walk"].map((key) => element("th", { scope: "col" }, t(key))))), element("tbody", {}, rows)),
    ];
  }
  /* The changes are [year index, site index or -1, metres, …] in order of years. */
  function nearestOf(index, f) {
    const changes = demand.nearest[index][f];
    let found = null;
    for (let i = 0; i < changes.length && changes[i] <= state.year; i += 3) {
      found = changes[i + 1] === NO_INDEX ? null : [changes[i + 1], changes[i + 2]];
    }
    return found;
  }
  const siteButton = (index) =>
    element("button", { type: "button", class: "link", onclick: () => select({ kind: "site", index }, { focus: true, move: true }) }, named(data.sites[index].name));

  function communityCard(index) {
    const community = data.communities[index];
    const town = data.towns[community.town];
    const area = community.area[state.year];
    const rows = data.functions.map((f, n) => {
      const [group, covered, served] = community.figures[n][state.year];
      const bit = 1 << n;
      const isCovered = community.covered[state.year] & bit;
      const percent = group > 0 ? count((100 * covered) / group) + "%" : "–";
      return element(
        "tr",
        { class: state.enabled[n] ? "" : "off" },
        element("th", { scope: "row" }, chosen(f.name)),
        element("td", { class: isCovered ? "" : "short" }, community.counted[state.year] & bit ? (isCovered ? t("yes") : t("no")) : t("not_involved")),
        element("td", {}, community.established[state.year] & bit ? t("yes") : t("no")),
        element("td", {}, percent),
        element("td", {}, count(served), " / ", count(group)),
      );
    });
    const open = data.sites.map((site, n) => [site, n]).filter(([site]) => site.community === index && isOpen(site));
    return [
      element("p", { class: "kind" }, named(town ? town.name : ""), " · ", community.in_scope ? shortAnswer({ kind: "community", index }) : t("not_involved")),
      area
        ? element("dl", {}, fact("households", count(area[0])), fact("area_standard", t("square_metres", count(area[1]))), area[2].filter(([, short]) => short > 0.5).map(([tier, short]) => [element("dt", {}, tier === "elderly" ? t("short_elderly") : t("short_of_tier", tier)), element("dd", { class: "short" }, t("square_metres", count(short)))]))
        : null,
      community.in_scope
        ? element("table", {}, element("thead", {}, element("tr", {}, ["function", "covered_head", "established_head", "residents_head", "served_head"].map((key) => element("th", { scope: "col" }, t(key))))), element("tbody", {}, rows))
        : null,
      element("h3", {}, t("sites_here", open.length)),
      element("ul", { class: "plain" }, open.map(([site, n]) => element("li", {}, siteButton(n), " ", site.open_from))),
    ].filter(Boolean);
  }

  /* --- the panel ---------------------------------------------------------------------------------------------- */

  function buildPanel() {
    document.documentElement.lang = state.language === "zh" ? "zh-CN" : "en";
    for (const node of document.querySelectorAll("[data-word]")) node.textContent = t(node.dataset.word);
    for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", t(node.dataset.label));
    byId("title").textContent = chosen(data.title);
    document.title = chosen(data.title);
    byId("note").textContent = chosen(data.note);
    byId("note").hidden = !data.illustrative;
    byId("search").setAttribute("placeholder", t("search_hint"));
    byId("language").textContent = state.language === "zh" ? "English" : "中文";
    byId("language").setAttribute("lang", state.language === "zh" ? "en" : "zh-CN");
    byId("made").textContent = t("made", data.made_on);
    const slider = byId("year");
    slider.max = String(data.years.length - 1);
    slider.value = String(state.year);
    slider.disabled = data.years.length < 2;
    replace("ticks", data.years.map((each, n) => element("button", { type: "button", tabindex: "-1", onclick: () => setYear(n) }, each)));
    replace(
      "functions",
      data.functions.map((f, n) => {
        const box = element("input", { type: "checkbox", role: "switch", id: "function-" + n, onchange: (event) => setFunction(n, event.target.checked) });
        box.checked = state.enabled[n];
        return element("li", {}, element("label", { for: "function-" + n }, box, element("span", { class: "switch", "aria-hidden": "true" }), element("span", {}, chosen(f.name)), f.kind === "standard" ? element("small", {}, t("standard")) : null), element("span", { class: "bar", "aria-hidden": "true" }, element("i", {})), element("span", { class: "figure", id: "figure-" + n }));
      }),
    );
    replace(
      "layers",
      Object.keys(state.layers).map((key) => {
        const box = element("input", { type: "checkbox", onchange: (event) => setLayer(key, event.target.checked) });
        box.checked = state.layers[key];
        return element("li", {}, element("label", {}, box, " ", t("layer_" + key)));
      }),
    );
    buildTiles();
    buildLegend();
    buildLicences();
    showYear();
    showCard(false);
    if (state.measuring) tellMeasured();
    showFound();
  }
  function setLayer(key, on) {
    state.layers[key] = on;
    for (const painting of [basePainting, areaPainting, placePainting]) painting.paint();
  }
  function setFunction(n, on) {
    state.enabled[n] = on;
    refresh();
    announce(chosen(data.functions[n].name) + " " + t(on ? "on" : "off"));
  }
  function setAll(on) {
    state.enabled.fill(on);
    for (const box of document.querySelectorAll("#functions input")) box.checked = on;
    refresh();
  }
  function setYear(n) {
    state.year = n;
    byId("year").value = String(n);
    refresh();
    announce(t("year_announced", year(), openSites().length, shortfalls().length));
  }
  function refresh() {
    areaPainting.paint();
    placePainting.paint();
    showYear();
    if (state.selected) showCard(false);
  }
  const openSites = () => data.sites.map((site, index) => [site, index]).filter(([site]) => isOpen(site));
  const shortfalls = () =>
    data.functions.map((f, n) => [f, figure(n)]).filter(([, each]) => each.target !== null && each.covered + 1e-6 < each.target);

  function showYear() {
    byId("year-shown").textContent = String(year());
    byId("year").setAttribute("aria-valuetext", String(year()));
    [...byId("ticks").children].forEach((tick, n) => tick.classList.toggle("now", n === state.year));
    data.functions.forEach((f, n) => {
      const each = figure(n);
      const shown = byId("figure-" + n);
      const isShort = each.target !== null && each.covered + 1e-6 < each.target;
      shown.textContent = t("n_of_m", count(each.covered), count(each.counted)) + (isShort ? " ▼" : "");
      shown.title = each.target === null ? t("no_target") : t("target", count(each.target));
      shown.setAttribute("aria-label", shown.textContent.replace(" ▼", "") + " " + shown.title);
      shown.classList.toggle("short", isShort);
      shown.previousSibling.firstChild.style.width = (each.counted ? (100 * each.covered) / each.counted : 0) + "%";
    });
    showShortfalls();
    showSites();
    showMoney();
  }
  function showShortfalls() {
    const short = shortfalls();
    const missing = (each) => each.missing.map((index) => element("li", {}, element("button", { type: "button", class: "link", onclick: () => select({ kind: "community", index }, { focus: true, move: true }) }, named(data.communities[index].name))));
    replace(
      "shortfalls",
      element("p", {}, short.length ? t("short_functions", short.length) : t("no_shortfall")),
      short.map(([f, each]) =>
        element("details", {}, element("summary", {}, chosen(f.name), ": ", t("short_by", count(each.covered), count(each.counted), count(each.target))), each.missing.length ? element("ul", { class: "plain" }, missing(each)) : element("p", {}, t("persons_basis"))),
      ),
    );
  }
  function showSites() {
    const mask = enabledMask();
    const open = openSites().filter(([site]) => providedBy(site) & mask && site.role !== "existing");
    open.sort(([one], [other]) => other.open_from - one.open_from);
    const opened = open.filter(([site]) => opensNow(site)).length;
    replace(
      "sites",
      element("p", {}, t("sites_open", open.length, opened)),
      element("ul", { class: "plain" }, open.slice(0, SHOWN_IN_LIST).map(([site, index]) => element("li", { class: opensNow(site) ? "new" : "" }, siteButton(index), " ", site.open_from))),
      open.length > SHOWN_IN_LIST ? element("p", { class: "hint" }, t("more_sites", open.length - SHOWN_IN_LIST)) : "",
    );
  }
  function showMoney() {
    const each = data.money[state.year];
    replace(
      "money",
      fact("capital_year", money(each.capital_cny)).concat(
        each.amount_cny === null ? [] : fact("amount_year", money(each.amount_cny)),
        fact("running", money(each.operating_cny)),
        fact("fees_year", money(each.fees_cny)),
      ),
    );
  }

  function buildLegend() {
    const swatch = (draw) => {
      const canvas = element("canvas", { width: "44", height: "44", class: "swatch", "aria-hidden": "true" });
      const context = canvas.getContext("2d");
      context.scale(2, 2);
      draw(context);
      return canvas;
    };
    const row = (draw, words) => element("li", {}, swatch(draw), words);
    const dot = (index) => (context) => context.drawImage(sprite(index, 7), 2, 2, 18, 18);
    const isBounded = data.communities.some((community) => community.path);
    replace(
      "legend",
      element("p", {}, t("legend_demand")),
      element("ul", { class: "legend" }, [0, 1, 2, 3, 4, NO_INDEX].map((index) => row(dot(index), t("class_" + (index === NO_INDEX ? "none" : index))))),
      element("p", {}, t(isBounded ? "legend_bounded" : "legend_community")),
      isBounded ? "" : element("ul", { class: "legend" }, row((context) => drawRing(context, 11, 11, 7, [2, 3]), t("legend_ring"))),
      element("p", {}, t("legend_sites")),
      element(
        "ul",
        { class: "legend" },
        Object.entries(ROLES).map(([role, style]) =>
          row((context) => {
            shape(context, style.sides, 11, 11, 7);
            context.fillStyle = style.fill;
            context.fill();
            context.strokeStyle = style.line;
            context.stroke();
          }, role === "candidate" ? t("planned_site") : chosen(data.roles[role])),
        ),
        row((context) => {
          shape(context, "star", 11, 11, 5);
          context.fillStyle = ROLES.candidate.fill;
          context.fill();
          circle(context, 11, 11, 9, "#1a1a1a", 1.5);
        }, t("legend_new")),
        row((context) => {
          context.fillStyle = "rgba(0,114,178,0.2)";
          context.fillRect(3, 3, 16, 16);
          context.strokeStyle = "#005a8c";
          context.strokeRect(3, 3, 16, 16);
        }, t("legend_walk")),
        data.white_spots.length
          ? row((context) => {
              context.fillStyle = WHITE.fill;
              context.fillRect(3, 3, 16, 16);
              context.strokeStyle = WHITE.line;
              context.strokeRect(3, 3, 16, 16);
            }, t("legend_white"))
          : null,
        data.spaces.length
          ? row((context) => {
              context.fillStyle = SPACE.fill;
              context.fillRect(3, 3, 16, 16);
              context.strokeStyle = SPACE.line;
              context.strokeRect(3, 3, 16, 16);
            }, t("legend_space"))
          : null,
      ),
    );
  }
  function buildLicences() {
    replace("licences", data.licences.map((line) => element("li", {}, line)));
  }

  /* --- tile layers: nothing is asked for before the user switches one on ----------------------------------------- */

  const tileLayers = new Map();
  const typedKeys = new Map();
  function buildTiles() {
    byId("tiles").hidden = !data.tiles.length;
    replace(
      "tile-layers",
      data.tiles.map((tiles, n) => {
        const box = element("input", { type: "checkbox", id: "tiles-" + n, onchange: (event) => setTiles(n, event.target.checked) });
        box.checked = tileLayers.has(n);
        const key = tiles.needs_key
          ? element("input", { type: "password", id: "tiles-key-" + n, autocomplete: "off", "aria-label": t("tile_key"), placeholder: t("tile_key"), oninput: (event) => typedKeys.set(n, event.target.value.trim()) })
          : null;
        if (key) key.value = typedKeys.get(n) || keyInAddress() || "";
        return element("li", {}, element("label", {}, box, " ", chosen(tiles.name)), key);
      }),
    );
  }
  const keyInAddress = () => new URLSearchParams(location.hash.slice(1)).get("key");
  function setTiles(n, on) {
    for (const layer of tileLayers.get(n) || []) layer.remove();
    tileLayers.delete(n);
    if (!on) return;
    const key = typedKeys.get(n) || keyInAddress() || "";
    if (data.tiles[n].needs_key && !key) {
      byId("tiles-" + n).checked = false;
      announce(t("key_missing"));
      byId("tile-message").textContent = t("key_missing");
      byId("tiles-key-" + n).focus();
      return;
    }
    byId("tile-message").textContent = "";
    const layers = data.tiles[n].urls.map((url) =>
      L.tileLayer(url, { subdomains: data.tiles[n].subdomains, maxNativeZoom: 18, maxZoom: 19, key: encodeURIComponent(key) })
        .on("tileerror", () => {
          byId("tile-message").textContent = t("tile_error");
        })
        .addTo(map),
    );
    tileLayers.set(n, layers);
  }

  /* --- search --------------------------------------------------------------------------------------------------- */

  const searchable = [];
  data.communities.forEach((each, index) => searchable.push({ kind: "community", index, text: each.name + " " + each.code }));
  data.sites.forEach((each, index) => searchable.push({ kind: "site", index, text: each.name + " " + each.id }));
  data.towns.forEach((each, index) => searchable.push({ kind: "town", index, text: each.name + " " + each.code }));
  for (let index = 0; index < demandCount; index += 1) searchable.push({ kind: "demand", index, text: demand.name[index] + " " + demand.id[index] });
  data.spaces.forEach((each, index) => searchable.push({ kind: "space", index, text: [each.id, ...each.name, ...each.place].join(" ") }));
  data.white_spots.forEach((each, index) => searchable.push({ kind: "white", index, text: each.rank + " " + each.name[0] + " " + each.name[1] }));
  for (const entry of searchable) entry.text = entry.text.toLowerCase();
  function found(words) {
    const wanted = words.trim().toLowerCase();
    return wanted ? searchable.filter((entry) => entry.text.includes(wanted)) : [];
  }
  function showFound() {
    const words = byId("search").value;
    const entries = found(words);
    replace(
      "found",
      entries.slice(0, 12).map((entry) => element("li", {}, element("button", { type: "button", onclick: () => choose(entry) }, element("small", {}, t("kind_" + entry.kind)), " ", named(nameOf(entry))))),
    );
    byId("found-count").textContent = words.trim() ? t("found", entries.length) : "";
  }
  function choose(entry) {
    replace("found");
    document.body.classList.remove("panel-open");
    byId("panel-toggle").setAttribute("aria-expanded", "false");
    map.invalidateSize({ animate: false });
    if (entry.kind === "town") {
      map.setView(latLng(...placeOf(entry)), 14, { animate: false });
      announce(nameOf(entry));
      return;
    }
    if (entry.kind === "site" && !isShown(data.sites[entry.index])) state.layers.later = true;
    if (entry.kind === "white" || entry.kind === "space") state.layers[entry.kind] = true;
    select(entry, { focus: true, move: true });
    buildPanelLayers();
  }
  function buildPanelLayers() {
    const boxes = document.querySelectorAll("#layers input");
    Object.keys(state.layers).forEach((key, n) => {
      boxes[n].checked = state.layers[key];
    });
  }

  /* --- events --------------------------------------------------------------------------------------------------- */

  L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
  let pending = null;
  map.on("mousemove", (event) => {
    const isWaiting = pending !== null;
    pending = event;
    if (isWaiting) return;
    requestAnimationFrame(() => {
      const last = pending;
      pending = null;
      const item = state.measuring ? null : under(last.layerPoint);
      hover(item);
      byId("map").classList.toggle("pointing", Boolean(item));
      const tip = byId("tip");
      if (item) {
        tip.style.left = Math.min(last.containerPoint.x + 14, map.getSize().x - tip.offsetWidth - 8) + "px";
        tip.style.top = last.containerPoint.y + 14 + "px";
      }
    });
  });
  map.on("mouseout", () => {
    hover(null);
    byId("map").classList.remove("pointing");
  });
  map.on("click", (event) => {
    if (state.measuring) addMeasured(event.latlng);
    else select(under(event.layerPoint));
  });
  byId("map").addEventListener("keydown", (event) => {
    if (state.measuring && event.key === "Enter") addMeasured(map.getCenter());
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (state.measuring) setMeasuring(false);
    else if (state.selected) closeCard();
  });
  byId("year").addEventListener("input", (event) => setYear(Number(event.target.value)));
  byId("all").addEventListener("click", () => setAll(true));
  byId("none").addEventListener("click", () => setAll(false));
  byId("search").addEventListener("input", showFound);
  byId("search-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const entries = found(byId("search").value);
    if (entries.length) choose(entries[0]);
  });
  byId("zoom-in").addEventListener("click", () => map.zoomIn(1));
  byId("zoom-out").addEventListener("click", () => map.zoomOut(1));
  byId("whole").addEventListener("click", () => map.fitBounds(wholeView));
  byId("measure").addEventListener("click", () => setMeasuring(!state.measuring));
  byId("print").addEventListener("click", () => window.print());
  byId("language").addEventListener("click", () => {
    state.language = state.language === "zh" ? "en" : "zh";
    buildPanel();
    map.invalidateSize();
  });
  byId("panel-toggle").addEventListener("click", () => {
    const isOpenNow = document.body.classList.toggle("panel-open");
    byId("panel-toggle").setAttribute("aria-expanded", String(isOpenNow));
    map.invalidateSize();
  });
  window.addEventListener("beforeprint", () => map.invalidateSize({ animate: false }));
  window.addEventListener("afterprint", () => map.invalidateSize({ animate: false }));
  if (document.fonts && document.fonts.ready) document.fonts.load('12px "Siteplan CJK"', "社").then(() => placePainting.paint());

  for (const painting of [basePainting, areaPainting, placePainting]) painting.addTo(map);
  buildPanel();
  document.body.dataset.ready = "yes";
  window.siteplanMap = { map, state, data, screenOf: (x, y) => map.latLngToContainerPoint(latLng(x, y)) };
})();
