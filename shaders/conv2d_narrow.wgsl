// A convolution of stride 1 to few channels (the last layer of a generator), where a matrix product would mostly
// multiply zeros. One invocation per 8 pixels of a row and 4 output channels of an image: (strip, o/4, b).
// If entered, x is first x scale + shift of its plane, negative numbers times entry_slope.
// mode: padding by 0 zeros, 1 reflect, 2 replicate. activation: 0 none, 1 max(y, 0), 2 leaky with slope, 3 tanh.
struct Params {
    inputs: u32, height: u32, width: u32, // of the input
    outputs: u32, down: u32, across: u32, // of the output
    kernel: u32, padding: u32, mode: u32, columns: u32, // columns of u, in vec4
    biased: u32, activation: u32, slope: f32,
    first: u32, end: u32, // lines of the output
    entered: u32, entry_slope: f32,
}

alias Value = f32; // f16 in the half variant
@group(0) @binding(0) var<storage, read_write> x: array<Value>;       // [B, I, H, W]
@group(0) @binding(1) var<storage, read_write> u: array<vec4<Value>>; // [I k k, columns], from conv2d_pack
@group(0) @binding(2) var<storage, read_write> bias: array<f32>;      // [O], or anything if not biased
@group(0) @binding(3) var<storage, read_write> scales: array<f32>;  // [2, B I], or anything if not entered
@group(0) @binding(4) var<storage, read_write> y: array<Value>;       // [B, O, down, across]
@group(0) @binding(5) var<storage, read_write> params: Params;

// Where coordinate q of the padded picture lies in one of n pixels, and whether it does. Without branches: neighbours
// at a border and inside would take both.
struct Place { at: u32, inside: bool }

fn place(q: i32, n: i32, mode: u32) -> Place {
    let mirrored = n - 1 - abs(n - 1 - abs(q));
    let wanted = select(q, mirrored, mode == 1u);
    let at = clamp(wanted, 0, n - 1);
    return Place(u32(at), (at == wanted) | (mode != 0u));
}

fn act(y: vec4<f32>) -> vec4<f32> {
    switch params.activation {
        case 1u: { return max(y, vec4(0.0)); }
        case 2u: { return select(params.slope * y, y, y > vec4(0.0)); }
        // tanh overflows on some adapters far from zero.
        case 3u: { return tanh(clamp(y, vec4(-15.0), vec4(15.0))); }
        default: { return y; }
    }
}

// Pixel q of a line, which itself may lie outside.
fn pixel(start: u32, line: Place, q: i32, width: i32, mode: u32, by: vec2<f32>) -> f32 {
    let column = place(q, width, mode);
    let y = f32(x[start + column.at]) * by.x + by.y;
    return select(0.0, max(y, y * params.entry_slope), column.inside & line.inside);
}

fn put(base: u32, step: u32, q: u32, o: u32, value: vec4<f32>) {
    if (q >= params.across) { return; }
    let s = act(value);
    y[base + q] = Value(s.x);
    if (o + 1u < params.outputs) { y[base + step + q] = Value(s.y); }
    if (o + 2u < params.outputs) { y[base + 2u * step + q] = Value(s.z); }
    if (o + 3u < params.outputs) { y[base + 3u * step + q] = Value(s.w); }
}

@compute @workgroup_size(32, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let strips = (params.across + 7u) / 8u;
    let down = id.x / strips;
    let row = params.first + down;
    if (row >= params.end) { return; }
    let first = (id.x - down * strips) * 8u;
    let k = i32(params.kernel);
    let q = i32(first) - i32(params.padding);
    let width = i32(params.width);
    let mode = params.mode;
    var s0 = vec4(0.0);
    var s1 = vec4(0.0);
    var s2 = vec4(0.0);
    var s3 = vec4(0.0);
    var s4 = vec4(0.0);
    var s5 = vec4(0.0);
    var s6 = vec4(0.0);
    var s7 = vec4(0.0);
    for (var c = 0u; c < params.inputs; c += 1u) {
        let plane = id.z * params.inputs + c;
        var by = vec2(1.0, 0.0);
        if (params.entered > 0u) { by = vec2(scales[plane], scales[params.entered + plane]); }
        for (var i = 0; i < k; i += 1) {
            let line = place(i32(row) + i - i32(params.padding), i32(params.height), mode);
            let start = (plane * params.height + line.at) * params.width;
            var tap = ((c * params.kernel + u32(i)) * params.kernel) * params.columns + id.y;
            // Seven pixels are kept from tap to tap, one is new.
            var p0 = pixel(start, line, q, width, mode, by);
            var p1 = pixel(start, line, q + 1, width, mode, by);
            var p2 = pixel(start, line, q + 2, width, mode, by);
            var p3 = pixel(start, line, q + 3, width, mode, by);
            var p4 = pixel(start, line, q + 4, width, mode, by);
            var p5 = pixel(start, line, q + 5, width, mode, by);
            var p6 = pixel(start, line, q + 6, width, mode, by);
            for (var j = 0; j < k; j += 1) {
                let p7 = pixel(start, line, q + j + 7, width, mode, by);
                let w = vec4<f32>(u[tap]);
                s0 += p0 * w; s1 += p1 * w; s2 += p2 * w; s3 += p3 * w;
                s4 += p4 * w; s5 += p5 * w; s6 += p6 * w; s7 += p7 * w;
                p0 = p1; p1 = p2; p2 = p3; p3 = p4; p4 = p5; p5 = p6; p6 = p7;
                tap += params.columns;
            }
        }
    }
    let o = id.y * 4u;
    var b = vec4(0.0);
    if (params.biased == 1u) {
        let last = params.outputs - 1u;
        b = vec4(bias[o], bias[min(o + 1u, last)], bias[min(o + 2u, last)], bias[min(o + 3u, last)]);
    }
    let step = params.down * params.across;
    let base = (id.z * params.outputs + o) * step + row * params.across;
    put(base, step, first + 0u, o, s0 + b);
    put(base, step, first + 1u, o, s1 + b);
    put(base, step, first + 2u, o, s2 + b);
    put(base, step, first + 3u, o, s3 + b);
    put(base, step, first + 4u, o, s4 + b);
    put(base, step, first + 5u, o, s5 + b);
    put(base, step, first + 6u, o, s6 + b);
    put(base, step, first + 7u, o, s7 + b);
}
