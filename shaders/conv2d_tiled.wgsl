// A convolution as a matrix product whose second operand, the windows of the picture, is never written: for GPUs.
// y[b, o, p] = act(bias[o] + sum over k = (c, i, j) of u[k, o] pad(x)[b, c, y s + i, x s + j]), in tiles of 64 output channels
// by 64 pixels through workgroup memory, 16 steps of the depth at a time; one workgroup per tile (pixels, channels), one
// invocation per 4 by 4 of it. 8 KiB of workgroup memory. If entered, x is first x scale + shift of its plane, negative numbers
// times entry_slope.
// mode: padding by 0 zeros, 1 reflect, 2 replicate. activation: 0 none, 1 max(y, 0), 2 leaky with slope, 3 tanh.
struct Params {
    channels: u32, height: u32, width: u32, // of the input
    outputs: u32, across: u32, down: u32,   // of the output
    kernel: u32, stride: u32, padding: u32, mode: u32,
    line: u32,                              // of u, in vec4
    first: u32, end: u32,                   // output pixels of all images
    biased: u32, activation: u32, slope: f32,
    entered: u32, entry_slope: f32,
}

alias Value = f32; // f16 in the half variant
@group(0) @binding(0) var<storage, read_write> x: array<Value>;       // [B, C, H, W]
@group(0) @binding(1) var<storage, read_write> u: array<vec4<Value>>; // [C k k, line], from conv2d_pack
@group(0) @binding(2) var<storage, read_write> bias: array<f32>;      // [O], or anything if not biased
@group(0) @binding(3) var<storage, read_write> scales: array<f32>;    // [2, B C], or anything if not entered
@group(0) @binding(4) var<storage, read_write> y: array<Value>;       // [B, O, down, across]
@group(0) @binding(5) var<storage, read_write> params: Params;

var<workgroup> part_u: array<vec4<f32>, 256>; // [16 steps, 16]
var<workgroup> part_v: array<vec4<f32>, 256>; // [16 steps, 16]
// A browser must see that all of a workgroup go through the loop as often.
var<workgroup> shared_depth: u32;

// Where coordinates q of the padded picture lie in one of n pixels, and whether they do.
struct Place { at: vec4<i32>, inside: vec4<bool> }

fn place(q: vec4<i32>, n: i32, mode: u32) -> Place {
    let mirrored = n - 1 - abs(n - 1 - abs(q));
    let wanted = select(q, mirrored, mode == 1u);
    let at = clamp(wanted, vec4(0), vec4(n - 1));
    return Place(at, (at == wanted) | vec4(mode != 0u));
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

// Step k of the depth under four output pixels, whose windows begin at (top, left) of the images b.
fn window(k: u32, b: vec4<u32>, top: vec4<i32>, left: vec4<i32>) -> vec4<f32> {
    let side = params.kernel;
    let c = k / (side * side);
    let tap = k - c * side * side;
    let i = tap / side;
    let row = place(top + i32(i), i32(params.height), params.mode);
    let column = place(left + i32(tap - i * side), i32(params.width), params.mode);
    let plane = b * params.channels + c;
    let at = (plane * params.height + vec4<u32>(row.at)) * params.width + vec4<u32>(column.at);
    var value = vec4(f32(x[at.x]), f32(x[at.y]), f32(x[at.z]), f32(x[at.w]));
    if (params.entered > 0u) {
        let shift = plane + params.entered;
        value = value * vec4(scales[plane.x], scales[plane.y], scales[plane.z], scales[plane.w])
            + vec4(scales[shift.x], scales[shift.y], scales[shift.z], scales[shift.w]);
        value = max(value, value * params.entry_slope);
    }
    return select(vec4(0.0), value, row.inside & column.inside);
}

// Four pixels of channel o.
fn put(o: u32, to: vec4<u32>, inside: vec4<bool>, sum: vec4<f32>) {
    if (o >= params.outputs) { return; }
    var value = sum;
    if (params.biased == 1u) { value += bias[o]; }
    let s = act(value);
    let at = to + o * params.down * params.across;
    if (inside.x) { y[at.x] = Value(s.x); }
    if (inside.y) { y[at.y] = Value(s.y); }
    if (inside.z) { y[at.z] = Value(s.z); }
    if (inside.w) { y[at.w] = Value(s.w); }
}

@compute @workgroup_size(16, 16, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) id: vec3<u32>) {
    let slot = id.y * 16u + id.x;
    if (slot == 0u) { shared_depth = params.channels * params.kernel * params.kernel; }
    let depth = workgroupUniformLoad(&shared_depth);
    // The four pixels that this invocation fetches are those that it writes. Past the end they stand for the last one.
    let wanted = params.first + (group.x * 16u + id.x) * 4u + vec4(0u, 1u, 2u, 3u);
    let inside = wanted < vec4(params.end);
    let t = min(wanted, vec4(params.end - 1u));
    let pixels = params.down * params.across;
    let b = t / pixels;
    let p = t - b * pixels;
    let line = p / params.across;
    let top = vec4<i32>(line * params.stride) - i32(params.padding);
    let left = vec4<i32>((p - line * params.across) * params.stride) - i32(params.padding);
    let fetched_row = group.y * 16u + id.x;
    var s0 = vec4(0.0);
    var s1 = vec4(0.0);
    var s2 = vec4(0.0);
    var s3 = vec4(0.0);
    for (var begin = 0u; begin < depth; begin += 16u) {
        let k = begin + id.y;
        var next_u = vec4(0.0);
        var next_v = vec4(0.0);
        if (k < depth) {
            if (fetched_row < params.line) { next_u = vec4<f32>(u[k * params.line + fetched_row]); }
            next_v = window(k, b, top, left);
        }
        workgroupBarrier();
        part_u[slot] = next_u;
        part_v[slot] = next_v;
        workgroupBarrier();
        for (var n = 0u; n < 16u; n += 1u) {
            let a = part_u[n * 16u + id.y];
            let c = part_v[n * 16u + id.x];
            s0 = fma(vec4(a.x), c, s0);
            s1 = fma(vec4(a.y), c, s1);
            s2 = fma(vec4(a.z), c, s2);
            s3 = fma(vec4(a.w), c, s3);
        }
    }
    let o = (group.y * 16u + id.y) * 4u;
    let to = b * params.outputs * pixels + p;
    put(o, to, inside, s0);
    put(o + 1u, to, inside, s1);
    put(o + 2u, to, inside, s2);
    put(o + 3u, to, inside, s3);
}
