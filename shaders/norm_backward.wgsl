// The input gradient of a normalisation: dx = gamma / sqrt(variance + epsilon) (g - mean of g - n mean of (g n)), where
// n is the normalised value, g the gradient before the activation, and means are over the set.
// One invocation per pixel (id.x + id.z fold) and plane (id.y).
struct Params {
    pixels: u32, channels: u32, sets: u32, count: f32, // values of a set
    affine: u32, activation: u32, slope: f32, epsilon: f32,
    fold: u32, // invocations of a line of the grid
}

@group(0) @binding(0) var<storage, read_write> x: array<f32>;          // [B, C, N]
@group(0) @binding(1) var<storage, read_write> statistics: array<f32>; // [2, S]
@group(0) @binding(2) var<storage, read_write> gamma: array<f32>;      // [C], or anything if not affine
@group(0) @binding(3) var<storage, read_write> beta: array<f32>;       // [C], or anything if not affine
@group(0) @binding(4) var<storage, read_write> grad: array<f32>;       // [B, C, N]
@group(0) @binding(5) var<storage, read_write> sums: array<f32>;       // [2, S], of g and g n
@group(0) @binding(6) var<storage, read_write> out: array<f32>;        // [B, C, N]
@group(0) @binding(7) var<storage, read_write> params: Params;

fn slope(y: f32) -> f32 {
    switch params.activation {
        case 1u: { return select(0.0, 1.0, y > 0.0); }
        case 2u: { return select(params.slope, 1.0, y > 0.0); }
        case 3u: { let t = tanh(clamp(y, -15.0, 15.0)); return 1.0 - t * t; }
        default: { return 1.0; }
    }
}

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let pixel = id.x + id.z * params.fold;
    if (pixel >= params.pixels) { return; }
    let s = id.y % params.sets;
    let c = id.y % params.channels;
    let scale = inverseSqrt(statistics[params.sets + s] + params.epsilon);
    var a = 1.0;
    var b = 0.0;
    if (params.affine == 1u) {
        a = gamma[c];
        b = beta[c];
    }
    let at = id.y * params.pixels + pixel;
    let n = (x[at] - statistics[s]) * scale;
    let g = grad[at] * slope(a * n + b);
    out[at] = a * scale * (g - (sums[s] + n * sums[params.sets + s]) / params.count);
}
