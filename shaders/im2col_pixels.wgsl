// im2col for windows of one pixel, which change nothing but the order: V at c of one axis and t of the other is
// x[b, c, p] for the pixel t = (b, p); steps say which axis is which. Pixels past the last one are 0. If entered, x is first
// x scale + shift of its plane, negative numbers times slope.
// One invocation per pixel (id.x + id.z fold) and eight channels (id.y).
struct Params {
    channels: u32, pixels: u32,       // pixels of a plane
    first: u32, end: u32, count: u32, // pixels: where they begin and end, and how many are written
    tap_step: u32, pixel_step: u32,   // from one to the next in the result
    fold: u32,                        // invocations of a line of the grid
    entered: u32, slope: f32,
}

alias Value = f32; // f16 in the half variant
@group(0) @binding(0) var<storage, read_write> x: array<Value>; // [B, C, N]
@group(0) @binding(1) var<storage, read_write> scales: array<f32>; // [2, B C], or anything if not entered
@group(0) @binding(2) var<storage, read_write> v: array<Value>; // [C, pixels] or [pixels, C]
@group(0) @binding(3) var<storage, read_write> params: Params;

// Channel n of those of an invocation, which begin at a pixel of a plane.
fn put(at: u32, source: u32, plane: u32, exists: bool, n: u32) {
    var y = f32(x[source + n * params.pixels]);
    if (params.entered > 0u) {
        y = y * scales[plane + n] + scales[params.entered + plane + n];
        y = max(y, y * params.slope);
    }
    v[at + n * params.tap_step] = select(Value(0.0), Value(y), exists);
}

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let pixel = id.x + id.z * params.fold;
    if (pixel >= params.count) { return; }
    let c = id.y * 8u;
    let channels = params.channels - c;
    let t = params.first + pixel;
    let n = params.pixels;
    let b = t / n;
    let plane = b * params.channels + c;
    let source = plane * n + t - b * n;
    let at = c * params.tap_step + pixel * params.pixel_step;
    let exists = t < params.end;
    put(at, source, plane, exists, 0u);
    if (channels > 1u) { put(at, source, plane, exists, 1u); }
    if (channels > 2u) { put(at, source, plane, exists, 2u); }
    if (channels > 3u) { put(at, source, plane, exists, 3u); }
    if (channels > 4u) { put(at, source, plane, exists, 4u); }
    if (channels > 5u) { put(at, source, plane, exists, 5u); }
    if (channels > 6u) { put(at, source, plane, exists, 6u); }
    if (channels > 7u) { put(at, source, plane, exists, 7u); }
}
