// im2col for windows of one pixel, which change nothing but the order: V at c of one axis and t of the other is
// x[b, c, p] for the pixel t = (b, p); steps say which axis is which. Pixels past the last one are 0.
// One invocation per pixel (id.x + id.z fold) and eight channels (id.y).
struct Params {
    channels: u32, pixels: u32,       // pixels of a plane
    first: u32, end: u32, count: u32, // pixels: where they begin and end, and how many are written
    tap_step: u32, pixel_step: u32,   // from one to the next in the result
    fold: u32,                        // invocations of a line of the grid
}

alias Value = f32; // f16 in the half variant
@group(0) @binding(0) var<storage, read_write> x: array<Value>; // [B, C, N]
@group(0) @binding(1) var<storage, read_write> v: array<Value>; // [C, pixels] or [pixels, C]
@group(0) @binding(2) var<storage, read_write> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let pixel = id.x + id.z * params.fold;
    if (pixel >= params.count) { return; }
    let c = id.y * 8u;
    let channels = params.channels - c;
    let t = params.first + pixel;
    let n = params.pixels;
    let b = t / n;
    let source = (b * params.channels + c) * n + t - b * n;
    let step = params.tap_step;
    let at = c * step + pixel * params.pixel_step;
    let exists = t < params.end;
    v[at] = select(Value(0.0), x[source], exists);
    if (channels > 1u) { v[at + step] = select(Value(0.0), x[source + n], exists); }
    if (channels > 2u) { v[at + 2u * step] = select(Value(0.0), x[source + 2u * n], exists); }
    if (channels > 3u) { v[at + 3u * step] = select(Value(0.0), x[source + 3u * n], exists); }
    if (channels > 4u) { v[at + 4u * step] = select(Value(0.0), x[source + 4u * n], exists); }
    if (channels > 5u) { v[at + 5u * step] = select(Value(0.0), x[source + 5u * n], exists); }
    if (channels > 6u) { v[at + 6u * step] = select(Value(0.0), x[source + 6u * n], exists); }
    if (channels > 7u) { v[at + 7u * step] = select(Value(0.0), x[source + 7u * n], exists); }
}
