// conv_transpose2d_output for stride 2 and kernels up to 4, where two taps along each axis meet an output pixel. One
// invocation per two by two output pixels of an image that share their input pixels (id.x + id.z fold) and channel (id.y).
// Without branches or loops. A piece has columns for the input rows top..=bottom of its images, pixels from start on.
struct Params {
    channels: u32, height: u32, width: u32, // of the output
    across: u32, down: u32,                 // input pixels of an image
    kernel: u32, padding: u32,
    columns: u32, start: u32,
    first: u32, image: u32, images: u32,    // output channel of M's first row; the first image
    top: u32, bottom: u32,
    cells: u32, line: u32, lines: u32,      // two by twos of a line; the first line, counted with the padding, and how many
    fold: u32,                              // invocations of a line of the grid
    biased: u32, activation: u32, slope: f32,
}

alias Value = f32; // f16 in the half variant
@group(0) @binding(0) var<storage, read_write> m: array<Value>;  // [O k k, columns]
@group(0) @binding(1) var<storage, read_write> bias: array<f32>; // [O], or anything if not biased
@group(0) @binding(2) var<storage, read_write> y: array<Value>;  // [B, O, H, W]
@group(0) @binding(3) var<storage, read_write> params: Params;

fn act(y: vec4<f32>) -> vec4<f32> {
    switch params.activation {
        case 1u: { return max(y, vec4(0.0)); }
        case 2u: { return select(params.slope * y, y, y > vec4(0.0)); }
        // tanh overflows on some adapters far from zero.
        case 3u: { return tanh(clamp(y, vec4(-15.0), vec4(15.0))); }
        default: { return y; }
    }
}

// Taps (i, 0..4) of the input pixels at `pixel`, the one before it along the line at `before`: the sums at the even and
// the odd output pixel.
fn taps(at: u32, step: u32, k: u32, pixel: u32, before: u32, here: bool, left: bool) -> vec2<f32> {
    let last = at + (k - 1u) * step;
    let t0 = select(0.0, f32(m[at + pixel]), here);
    let t1 = select(0.0, f32(m[min(at + step, last) + pixel]), here && k > 1u);
    let t2 = select(0.0, f32(m[min(at + 2u * step, last) + before]), left && k > 2u);
    let t3 = select(0.0, f32(m[min(at + 3u * step, last) + before]), left && k > 3u);
    return vec2(t0 + t2, t1 + t3);
}

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = id.x + id.z * params.fold;
    let cells = params.cells;
    let each = cells * params.lines;
    let nth = index / each;
    if (nth >= params.images) { return; }
    let image = params.image + nth;
    let cell = index - nth * each;
    let line = cell / cells;
    let padding = params.padding;
    // Of the output with its padding, whose first pixels are cut off.
    let u = line + params.line;
    let v = cell - line * cells + padding / 2u;
    let across = params.across;
    let down = params.down;
    let k = params.kernel;
    let step = params.columns;
    // May wrap around: the rows added below undo it.
    let base = image * across * down - params.start;
    let here = base + clamp(u, params.top, params.bottom) * across;
    let above = base + clamp(max(u, 1u) - 1u, params.top, params.bottom) * across;
    let pixel = min(v, across - 1u);
    let before = min(max(v, 1u) - 1u, across - 1u);
    let is_here = v < across;
    let is_left = v > 0u && v <= across;
    let is_line = u < down;
    let is_above = u > 0u && u <= down;
    let at = id.y * k * k * step;
    let last = at + (k - 1u) * k * step;
    let next = k * step;
    let two = k > 1u;
    let three = k > 2u;
    let four = k > 3u;
    let top = taps(at, step, k, here + pixel, here + before, is_here && is_line, is_left && is_line)
        + taps(min(at + 2u * next, last), step, k, above + pixel, above + before, is_here && is_above && three, is_left && is_above && three);
    let low = taps(min(at + next, last), step, k, here + pixel, here + before, is_here && is_line && two, is_left && is_line && two)
        + taps(min(at + 3u * next, last), step, k, above + pixel, above + before, is_here && is_above && four, is_left && is_above && four);
    let o = params.first + id.y;
    var value = vec4(top, low);
    if (params.biased == 1u) { value += bias[o]; }
    let s = act(value);
    // Pixels before the first wrap around and lie beyond the last.
    let py = 2u * u - padding;
    let px = 2u * v - padding;
    let width = params.width;
    let height = params.height;
    let to = (image * params.channels + o) * height * width + py * width + px;
    if (py < height && px < width) { y[to] = Value(s.x); }
    if (py < height && px + 1u < width) { y[to + 1u] = Value(s.y); }
    if (py + 1u < height && px < width) { y[to + width] = Value(s.z); }
    if (py + 1u < height && px + 1u < width) { y[to + width + 1u] = Value(s.w); }
}
