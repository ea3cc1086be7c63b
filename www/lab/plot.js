// @ts-check
/** Points of the plane, and what the two networks make of it, on a canvas as sharp as the screen. */

/** The plane reaches from -REACH to REACH, as in `src/jobs/gan/job.rs`. */
const REACH = 1.3;

/** @typedef {Record<string, number[]>} Arrays */
/** @typedef {[number, number][]} Stroke */
/** @typedef {{ field: boolean, grid: boolean, push: boolean }} Layers */

/** @param {string} color `#rrggbb` */
const rgb = (color) => [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));

export class Plot {
  #canvas;
  #pen;
  /** @type {Arrays} What was told last, by name. */
  #arrays = {};
  /** @type {Stroke[]} What the visitor drew. */
  strokes = [];
  brush = 0.06;
  /** @type {Layers} */
  layers = { field: true, grid: true, push: false };
  #small = new OffscreenCanvas(1, 1);
  #due = 0;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.#canvas = canvas;
    this.#pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  /** New arrays; those that are not among them stay. @param {Arrays} arrays */
  show(arrays) {
    Object.assign(this.#arrays, arrays);
    this.draw();
  }

  clear() {
    this.#arrays = {};
    this.draw();
  }

  /** Where in the plane a pointer is. @param {PointerEvent} event @returns {[number, number]} */
  at(event) {
    const box = this.#canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width * 2 - 1) * REACH, (1 - (event.clientY - box.top) / box.height * 2) * REACH];
  }

  /** Draw with the next frame of the screen. */
  draw() {
    if (this.#due) return;
    this.#due = requestAnimationFrame(() => {
      this.#due = 0;
      this.#paint();
    });
  }

  #paint() {
    const { clientWidth: side } = this.#canvas;
    if (side === 0) return;
    const scale = devicePixelRatio || 1;
    const pixels = Math.round(side * scale);
    if (this.#canvas.width !== pixels) this.#canvas.width = this.#canvas.height = pixels;
    const pen = this.#pen;
    const style = getComputedStyle(this.#canvas);
    const color = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.fillStyle = color("--panel");
    pen.fillRect(0, 0, side, side);
    const x = (/** @type {number} */ at) => ((at / REACH + 1) * side) / 2;
    const y = (/** @type {number} */ at) => ((1 - at / REACH) * side) / 2;
    const { field, grid, from, push, real, fake } = this.#arrays;
    if (this.layers.field && field) this.#field(field, side, [color("--fake-wash"), color("--panel"), color("--real-wash")]);
    this.#strokes(x, y, side, color("--real"));
    if (real) this.#dots(real, x, y, side, color("--real"), false);
    if (this.layers.grid && grid) this.#grid(grid, x, y, color("--fake"));
    if (this.layers.push && from && push) this.#arrows(from, push, x, y, color("--ink"));
    if (fake) this.#dots(fake, x, y, side, color("--fake"), true);
  }

  /** @param {number[]} field @param {number} side @param {string[]} colors of fake, unsure and real */
  #field(field, side, colors) {
    const n = Math.round(Math.sqrt(field.length));
    const [fake, unsure, real] = colors.map(rgb);
    if (!fake || !unsure || !real) return;
    this.#small.width = this.#small.height = n;
    const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (this.#small.getContext("2d"));
    const data = pen.createImageData(n, n);
    field.forEach((p, i) => {
      const at = 4 * ((n - 1 - Math.floor(i / n)) * n + (i % n));
      const [to, part] = p > 0.5 ? [real, 2 * p - 1] : [fake, 1 - 2 * p];
      for (let c = 0; c < 3; c += 1) data.data[at + c] = (unsure[c] ?? 0) + ((to[c] ?? 0) - (unsure[c] ?? 0)) * part;
      data.data[at + 3] = 255;
    });
    pen.putImageData(data, 0, 0);
    this.#pen.imageSmoothingEnabled = true;
    this.#pen.drawImage(this.#small, 0, 0, side, side);
  }

  /** @param {(at: number) => number} x @param {(at: number) => number} y @param {number} side @param {string} color */
  #strokes(x, y, side, color) {
    const pen = this.#pen;
    pen.strokeStyle = color;
    pen.globalAlpha = 0.22;
    pen.lineCap = pen.lineJoin = "round";
    pen.lineWidth = Math.max(6, (4 * this.brush * side) / (2 * REACH));
    for (const stroke of this.strokes) {
      pen.beginPath();
      stroke.forEach(([a, b], i) => (i ? pen.lineTo(x(a), y(b)) : pen.moveTo(x(a), y(b))));
      if (stroke.length === 1 && stroke[0]) pen.lineTo(x(stroke[0][0]) + 0.01, y(stroke[0][1]));
      pen.stroke();
    }
    pen.globalAlpha = 1;
  }

  /** Real ones are discs, generated ones rings: the colours alone must not tell them apart. @param {number[]} points @param {(at: number) => number} x @param {(at: number) => number} y @param {number} side @param {string} color @param {boolean} ring */
  #dots(points, x, y, side, color, ring) {
    const pen = this.#pen;
    const radius = Math.max(2, side / 220);
    pen.fillStyle = pen.strokeStyle = color;
    pen.lineWidth = 1.5;
    pen.globalAlpha = ring ? 0.9 : 0.55;
    for (let i = 0; i + 1 < points.length; i += 2) {
      pen.beginPath();
      pen.arc(x(points[i] ?? 0), y(points[i + 1] ?? 0), radius, 0, 7);
      if (ring) pen.stroke();
      else pen.fill();
    }
    pen.globalAlpha = 1;
  }

  /** The square grid of noise, as the generator bends it. @param {number[]} grid @param {(at: number) => number} x @param {(at: number) => number} y @param {string} color */
  #grid(grid, x, y, color) {
    const n = Math.round(Math.sqrt(grid.length / 2));
    const pen = this.#pen;
    pen.strokeStyle = color;
    pen.globalAlpha = 0.35;
    pen.lineWidth = 1;
    pen.beginPath();
    for (let line = 0; line < n; line += 1) {
      for (let i = 0; i < n; i += 1) {
        const row = 2 * (line * n + i);
        const [a, b] = [x(grid[row] ?? 0), y(grid[row + 1] ?? 0)];
        if (i === 0) pen.moveTo(a, b);
        else pen.lineTo(a, b);
      }
      for (let i = 0; i < n; i += 1) {
        const column = 2 * (i * n + line);
        const [a, b] = [x(grid[column] ?? 0), y(grid[column + 1] ?? 0)];
        if (i === 0) pen.moveTo(a, b);
        else pen.lineTo(a, b);
      }
    }
    pen.stroke();
    pen.globalAlpha = 1;
  }

  /** The longest arrow has a set length: what counts is which way, and how much against the others. @param {number[]} from @param {number[]} push @param {(at: number) => number} x @param {(at: number) => number} y @param {string} color */
  #arrows(from, push, x, y, color) {
    const pen = this.#pen;
    let longest = 0;
    for (let i = 0; i + 1 < push.length; i += 2) longest = Math.max(longest, Math.hypot(push[i] ?? 0, push[i + 1] ?? 0));
    if (longest === 0) return;
    pen.strokeStyle = color;
    pen.lineWidth = 1.2;
    pen.globalAlpha = 0.7;
    pen.beginPath();
    for (let i = 0; i + 1 < push.length; i += 2) {
      const [a, b] = [from[i] ?? 0, from[i + 1] ?? 0];
      const [dx, dy] = [((push[i] ?? 0) / longest) * 0.28, ((push[i + 1] ?? 0) / longest) * 0.28];
      const [x0, y0, x1, y1] = [x(a), y(b), x(a + dx), y(b + dy)];
      const angle = Math.atan2(y1 - y0, x1 - x0);
      pen.moveTo(x0, y0);
      pen.lineTo(x1, y1);
      for (const turn of [2.6, -2.6]) {
        pen.moveTo(x1, y1);
        pen.lineTo(x1 + 5 * Math.cos(angle + turn), y1 + 5 * Math.sin(angle + turn));
      }
    }
    pen.stroke();
    pen.globalAlpha = 1;
  }
}
