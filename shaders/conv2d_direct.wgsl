// A convolution straight from the picture, all in registers, for adapters whose memory is slow and whose workgroup memory
// is ordinary memory. One invocation per strip of pixels of a row (id.x) and so many times four output channels (id.y) of
// an image (id.z). What repeats for each pixel, tap and four channels is written by ops/conv2d_direct.rs in the place of
// the lines that name it; kernel, stride and strip are those that it was written for.
// If entered, x is first x scale + shift of its plane, negative numbers times entry_slope.
// mode: padding by 0 zeros, 1 reflect, 2 replicate. Negative numbers of the result are taken times slope, 0..1.
struct Params {
    inputs: u32, height: u32, width: u32, // of the input
    outputs: u32, down: u32, across: u32, // of the output
    kernel: u32, stride: u32, strip: u32, quads: u32,
    padding: u32, mode: u32, columns: u32, // columns of u, in vec4
    biased: u32, slope: f32,
    first: u32, end: u32, // lines of the output
    entered: u32, entry_slope: f32,
}

alias Value = f32; // f16 in the half variant
@group(0) @binding(0) var<storage, read_write> x: array<Value>;       // [B, I, H, W]
@group(0) @binding(1) var<storage, read_write> u: array<vec4<Value>>; // [I k k, columns], from conv2d_pack
@group(0) @binding(2) var<storage, read_write> bias: array<f32>;      // [O], or anything if not biased
@group(0) @binding(3) var<storage, read_write> scales: array<f32>;    // [2, B I], or anything if not entered
@group(0) @binding(4) var<storage, read_write> y: array<Value>;       // [B, O, down, across]
@group(0) @binding(5) var<storage, read_write> params: Params;

// Where coordinate q of the padded picture lies in one of n pixels, and 1 if it does, 0 if not. Without branches:
// neighbours at a border and inside would take both.
struct Place { at: u32, inside: f32 }

fn place(q: i32, n: i32, mode: u32) -> Place {
    let mirrored = n - 1 - abs(n - 1 - abs(q));
    let wanted = select(q, mirrored, mode == 1u);
    let at = clamp(wanted, 0, n - 1);
    return Place(u32(at), select(0.0, 1.0, (at == wanted) | (mode != 0u)));
}

// A pixel of a line, as it is read: by[0] and by[1] are the scale and shift of its plane.
fn pixel(start: u32, column: Place, line: f32, by: vec2<f32>) -> f32 {
    let y = f32(x[start + column.at]) * by.x + by.y;
    return max(y, y * params.entry_slope) * (column.inside * line);
}

// Four channels of a pixel.
fn put(base: u32, step: u32, q: u32, o: u32, value: vec4<f32>) {
    if (q >= params.across) { return; }
    let last = params.outputs - 1u;
    var s = value;
    if (params.biased == 1u) {
        s += vec4(bias[min(o, last)], bias[min(o + 1u, last)], bias[min(o + 2u, last)], bias[min(o + 3u, last)]);
    }
    s = max(s, s * params.slope);
    // each: end
    let at = base + o * step + q;
    if (o < params.outputs) { y[at] = Value(s.x); }
    if (o + 1u < params.outputs) { y[at + step] = Value(s.y); }
    if (o + 2u < params.outputs) { y[at + 2u * step] = Value(s.z); }
    if (o + 3u < params.outputs) { y[at + 3u * step] = Value(s.w); }
}

@compute @workgroup_size(4, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let strips = (params.across + params.strip - 1u) / params.strip;
    let down = id.x / strips;
    let row = params.first + down;
    if (row >= params.end) { return; }
    let first = (id.x - down * strips) * params.strip;
    let q = i32(first * params.stride) - i32(params.padding);
    let width = i32(params.width);
    let mode = params.mode;
    let columns = params.columns;
    let o4 = id.y * params.quads;
    // each: places
    // each: sums
    for (var c = 0u; c < params.inputs; c += 1u) {
        let plane = id.z * params.inputs + c;
        var by = vec2(1.0, 0.0);
        if (params.entered > 0u) { by = vec2(scales[plane], scales[params.entered + plane]); }
        for (var i = 0u; i < params.kernel; i += 1u) {
            let line = place(i32(row * params.stride + i) - i32(params.padding), i32(params.height), mode);
            let start = (plane * params.height + line.at) * params.width;
            let tap = (c * params.kernel + i) * params.kernel * columns + o4;
            // each: pixels
            // each: taps
        }
    }
    let step = params.down * params.across;
    let base = id.z * params.outputs * step + row * params.across;
    // each: results
}
