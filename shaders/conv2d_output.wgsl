// The end of a convolution by matrix product: rows of M to planes, y[b, o, p] = act(M[o, t] + bias[o]) for t = (b, p).
// activation: 0 none, 1 max(y, 0), 2 leaky with slope, 3 tanh. One invocation per (output pixel, four channels).
struct Params {
    channels: u32, pixels: u32,          // of the output; pixels of one image
    first: u32, count: u32, columns: u32, // pixels of all images: where they begin, how many, length of a row of M
    biased: u32, activation: u32, slope: f32,
}

alias Value = f32; // f16 in the half variant
@group(0) @binding(0) var<storage, read_write> m: array<Value>;  // [O, columns]
@group(0) @binding(1) var<storage, read_write> bias: array<f32>; // [O], or anything if not biased
@group(0) @binding(2) var<storage, read_write> y: array<Value>;  // [B, O, H W]
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

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.count) { return; }
    let o = id.y * 4u;
    let last = params.channels - 1u;
    let columns = params.columns;
    let t = params.first + id.x;
    // Rows of M are rounded up to whole tiles, so four are there.
    let at = o * columns + id.x;
    var value = vec4<f32>(vec4(m[at], m[at + columns], m[at + 2u * columns], m[at + 3u * columns]));
    if (params.biased == 1u) {
        value += vec4(bias[o], bias[min(o + 1u, last)], bias[min(o + 2u, last)], bias[min(o + 3u, last)]);
    }
    let s = act(value);
    let pixels = params.pixels;
    let b = t / pixels;
    let to = (b * params.channels + o) * pixels + t - b * pixels;
    y[to] = Value(s.x);
    if (o + 1u <= last) { y[to + pixels] = Value(s.y); }
    if (o + 2u <= last) { y[to + 2u * pixels] = Value(s.z); }
    if (o + 3u <= last) { y[to + 3u * pixels] = Value(s.w); }
}
