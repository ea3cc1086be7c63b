// y = act((x - mean) / sqrt(variance + epsilon) gamma + beta) + residual. Sets are planes (S = B C) or channels (S = C).
// activation: 0 none, 1 max(y, 0), 2 leaky with slope, 3 tanh. One invocation per pixel (id.x + id.z fold) and plane (id.y).
struct Params {
    pixels: u32, channels: u32, sets: u32,  // pixels of a plane
    affine: u32, added: u32,                // whether gamma and beta, whether the residual count
    activation: u32, slope: f32, epsilon: f32,
    fold: u32, // invocations of a line of the grid
}

@group(0) @binding(0) var<storage, read_write> x: array<f32>;          // [B, C, N]
@group(0) @binding(1) var<storage, read_write> statistics: array<f32>; // [2, S]
@group(0) @binding(2) var<storage, read_write> gamma: array<f32>;      // [C], or anything if not affine
@group(0) @binding(3) var<storage, read_write> beta: array<f32>;       // [C], or anything if not affine
@group(0) @binding(4) var<storage, read_write> residual: array<f32>;   // [B, C, N], or anything if not added
@group(0) @binding(5) var<storage, read_write> y: array<f32>;          // [B, C, N]
@group(0) @binding(6) var<storage, read_write> params: Params;

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
    let pixel = id.x + id.z * params.fold;
    if (pixel >= params.pixels) { return; }
    let s = id.y % params.sets;
    let c = id.y % params.channels;
    var scale = inverseSqrt(statistics[params.sets + s] + params.epsilon);
    var shift = -statistics[s] * scale;
    if (params.affine == 1u) {
        shift = shift * gamma[c] + beta[c];
        scale *= gamma[c];
    }
    let at = id.y * params.pixels + pixel;
    var value = act(x[at] * scale + shift);
    if (params.added == 1u) { value += residual[at]; }
    y[at] = value;
}
