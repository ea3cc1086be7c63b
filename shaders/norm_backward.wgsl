// The input gradient of a normalisation: dx = gamma / sqrt(variance + epsilon) (g - mean of g - n mean of (g n)), where
// n is the normalised value, g the gradient before the activation, and means are over the set.
// One invocation (id.x + id.y fold) per plane and four of its pixels, which lie `apart` from each other.
struct Params {
    planes: u32, pixels: u32, channels: u32, sets: u32, count: f32, // pixels of a plane, values of a set
    affine: u32, activation: u32, slope: f32, epsilon: f32,
    apart: u32, fold: u32, // fold: invocations of a line of the grid
}

@group(0) @binding(0) var<storage, read_write> x: array<f32>;          // [B, C, N]
@group(0) @binding(1) var<storage, read_write> statistics: array<f32>; // [2, S]
@group(0) @binding(2) var<storage, read_write> gamma: array<f32>;      // [C], or anything if not affine
@group(0) @binding(3) var<storage, read_write> beta: array<f32>;       // [C], or anything if not affine
@group(0) @binding(4) var<storage, read_write> grad: array<f32>;       // [B, C, N]
@group(0) @binding(5) var<storage, read_write> sums: array<f32>;       // [2, S], of g and g n
@group(0) @binding(6) var<storage, read_write> out: array<f32>;        // [B, C, N]
@group(0) @binding(7) var<storage, read_write> params: Params;

fn slope(y: vec4<f32>) -> vec4<f32> {
    switch params.activation {
        case 1u: { return select(vec4(0.0), vec4(1.0), y > vec4(0.0)); }
        case 2u: { return select(vec4(params.slope), vec4(1.0), y > vec4(0.0)); }
        case 3u: { let t = tanh(clamp(y, vec4(-15.0), vec4(15.0))); return 1.0 - t * t; }
        default: { return vec4(1.0); }
    }
}

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = id.x + id.y * params.fold;
    let apart = params.apart;
    let plane = index / apart;
    if (plane >= params.planes) { return; }
    let pixels = params.pixels;
    let first = index - plane * apart;
    let c = plane % params.channels;
    let s = select(plane, c, params.sets == params.channels);
    let mean = statistics[s];
    let scale = inverseSqrt(statistics[params.sets + s] + params.epsilon);
    let of_g = sums[s] / params.count;
    let of_product = sums[params.sets + s] / params.count;
    var a = 1.0;
    var b = 0.0;
    if (params.affine == 1u) {
        a = gamma[c];
        b = beta[c];
    }
    // The last pixels may lie past the end; they then stand for the last one and are not written.
    let pixel = first + vec4(0u, 1u, 2u, 3u) * apart;
    let inside = pixel < vec4(pixels);
    let at = plane * pixels + min(pixel, vec4(pixels - 1u));
    let n = (vec4(x[at.x], x[at.y], x[at.z], x[at.w]) - mean) * scale;
    let g = vec4(grad[at.x], grad[at.y], grad[at.z], grad[at.w]) * slope(a * n + b);
    let value = a * scale * (g - of_g - n * of_product);
    out[at.x] = value.x;
    if (inside.y) { out[at.y] = value.y; }
    if (inside.z) { out[at.z] = value.z; }
    if (inside.w) { out[at.w] = value.w; }
}
