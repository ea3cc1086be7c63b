// What the gradient of a normalisation needs of each set: the sums of g and of g n, where n = (x - mean) /
// sqrt(variance + epsilon) and g is the gradient before the activation. One invocation per (part, set).
struct Params {
    pixels: u32, planes: u32, skip: u32, sets: u32, parts: u32, // as in norm_statistics
    channels: u32, affine: u32, activation: u32, slope: f32, epsilon: f32,
}

@group(0) @binding(0) var<storage, read_write> x: array<f32>;          // [B, C, N]
@group(0) @binding(1) var<storage, read_write> statistics: array<f32>; // [2, S]
@group(0) @binding(2) var<storage, read_write> gamma: array<f32>;      // [C], or anything if not affine
@group(0) @binding(3) var<storage, read_write> beta: array<f32>;       // [C], or anything if not affine
@group(0) @binding(4) var<storage, read_write> grad: array<f32>;       // [B, C, N]
@group(0) @binding(5) var<storage, read_write> sums: array<f32>;       // [2, S, parts]
@group(0) @binding(6) var<storage, read_write> params: Params;

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
    if (id.x >= params.parts) { return; }
    let scale = inverseSqrt(statistics[params.sets + id.y] + params.epsilon);
    let mean = statistics[id.y];
    var a = 1.0;
    var b = 0.0;
    if (params.affine == 1u) {
        a = gamma[id.y % params.channels];
        b = beta[id.y % params.channels];
    }
    var sum = 0.0;
    var product = 0.0;
    for (var n = 0u; n < params.planes; n += 1u) {
        let plane = (id.y + n * params.skip) * params.pixels;
        for (var p = id.x; p < params.pixels; p += params.parts) {
            let value = (x[plane + p] - mean) * scale;
            let g = grad[plane + p] * slope(a * value + b);
            sum += g;
            product += g * value;
        }
    }
    let at = id.y * params.parts + id.x;
    sums[at] = sum;
    sums[params.sets * params.parts + at] = product;
}
