// The same as im2col, transposed: V[t, (c k + i) k + j], the operand of a weight gradient, which sums over pixels.
// Lines past the last pixel are 0. One invocation per output
// pixel and channel, id.x + id.y fold.
struct Params {
    channels: u32, height: u32, width: u32, // of the input
    across: u32, down: u32,                 // output pixels of an image
    kernel: u32, stride: u32, padding: u32, mode: u32,
    first: u32, end: u32,                   // output pixels: where they begin and end
    lines: u32, row: u32, fold: u32,        // lines of the result, their length; invocations of a line of the grid
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

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = id.x + id.y * params.fold;
    let line = index / params.channels;
    let c = index % params.channels;
    if (line >= params.lines) { return; }
    let k = i32(params.kernel);
    var at = line * params.row + c * params.kernel * params.kernel;
    let t = params.first + line;
    if (t >= params.end) {
        for (var n = 0; n < k * k; n += 1) { v[at + u32(n)] = 0.0; }
        return;
    }
    let each = params.across * params.down;
    let b = t / each;
    let y = i32((t % each) / params.across * params.stride) - i32(params.padding);
    let q = i32(t % params.across * params.stride) - i32(params.padding);
    let h = i32(params.height);
    let w = i32(params.width);
    let base = (b * params.channels + c) * params.height * params.width;
    if (y >= 0 && q >= 0 && y + k <= h && q + k <= w) {
        var start = base + u32(y) * params.width + u32(q);
        for (var i = 0u; i < params.kernel; i += 1u) {
            var j = 0u;
            // Four at once: most kernels are 4 wide, or nearly.
            for (; j + 4u <= params.kernel; j += 4u) {
                v[at] = x[start + j];
                v[at + 1u] = x[start + j + 1u];
                v[at + 2u] = x[start + j + 2u];
                v[at + 3u] = x[start + j + 3u];
                at += 4u;
            }
            for (; j < params.kernel; j += 1u) {
                v[at] = x[start + j];
                at += 1u;
            }
            start += params.width;
        }
        return;
    }
    for (var i = 0; i < k; i += 1) {
        let py = place(y + i, h);
        for (var j = 0; j < k; j += 1) {
            let px = place(q + j, w);
            var value = 0.0;
            if (py >= 0 && px >= 0) { value = x[base + u32(py) * params.width + u32(px)]; }
            v[at] = value;
            at += 1u;
        }
    }
}
