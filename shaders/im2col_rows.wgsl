// The same as im2col, transposed: V[t, (c k + i) k + j], the operand of a weight gradient, which sums over pixels.
// Lines past the last pixel and values past the last tap are 0. One invocation per (tap, output pixel), the pixel
// id.y + id.z fold.
struct Params {
    channels: u32, height: u32, width: u32, // of the input
    across: u32, down: u32,                 // output pixels of an image
    kernel: u32, stride: u32, padding: u32, mode: u32,
    first: u32, end: u32,                   // output pixels: where they begin and end
    lines: u32, row: u32, fold: u32,        // lines of the result, their length, and how many lie along the grid's y
}

@group(0) @binding(0) var<storage, read_write> x: array<f32>; // [B, C, H, W]
@group(0) @binding(1) var<storage, read_write> v: array<f32>; // [count, row]
@group(0) @binding(2) var<storage, read_write> params: Params;

// Where coordinate q of the padded picture lies in one of n pixels; -1 outside.
fn place(q: i32, n: i32) -> i32 {
    if (q >= 0 && q < n) { return q; }
    if (params.mode == 0u) { return -1; }
    if (params.mode == 1u) { return clamp(n - 1 - abs(n - 1 - abs(q)), 0, n - 1); }
    return clamp(q, 0, n - 1);
}

@compute @workgroup_size(16, 16, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let line = id.y + id.z * params.fold;
    if (id.x >= params.row || id.y >= params.fold || line >= params.lines) { return; }
    let area = params.kernel * params.kernel;
    let c = id.x / area;
    let i = id.x % area / params.kernel;
    let j = id.x % params.kernel;
    let t = params.first + line;
    let each = params.across * params.down;
    let b = t / each;
    let y = place(i32((t % each) / params.across * params.stride + i) - i32(params.padding), i32(params.height));
    let q = place(i32(t % params.across * params.stride + j) - i32(params.padding), i32(params.width));
    var value = 0.0;
    if (t < params.end && c < params.channels && y >= 0 && q >= 0) {
        value = x[((b * params.channels + c) * params.height + u32(y)) * params.width + u32(q)];
    }
    v[line * params.row + id.x] = value;
}
