// The end of a convolution by matrix product: rows of M to planes, y[b, o, p] = act(M[o, t] + bias[o]) for t = (b, p).
// activation: 0 none, 1 max(y, 0), 2 leaky with slope, 3 tanh. One invocation per (output pixel, channel).
struct Params {
    channels: u32, pixels: u32,          // of the output; pixels of one image
    first: u32, count: u32, columns: u32, // pixels of all images: where they begin, how many, length of a row of M
    biased: u32, activation: u32, slope: f32,
}

@group(0) @binding(0) var<storage, read_write> m: array<f32>;    // [O, columns]
@group(0) @binding(1) var<storage, read_write> bias: array<f32>; // [O], or anything if not biased
@group(0) @binding(2) var<storage, read_write> y: array<f32>;    // [B, O, H W]
@group(0) @binding(3) var<storage, read_write> params: Params;

fn act(y: f32) -> f32 {
    switch params.activation {
        case 1u: { return max(y, 0.0); }
        case 2u: { return select(params.slope * y, y, y > 0.0); }
        // tanh overflows on some adapters far from zero.
        case 3u: { return tanh(clamp(y, -15.0, 15.0)); }
        default: { return y; }
    }
}

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.count) { return; }
    let t = params.first + id.x;
    var value = m[id.y * params.columns + id.x];
    if (params.biased == 1u) { value += bias[id.y]; }
    let b = t / params.pixels;
    y[(b * params.channels + id.y) * params.pixels + t - b * params.pixels] = act(value);
}
