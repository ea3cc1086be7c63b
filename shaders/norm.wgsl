// y = act((x - mean) / sqrt(variance + epsilon) gamma + beta) + residual. Sets are planes (S = B C) or channels (S = C).
// activation: 0 none, 1 max(y, 0), 2 leaky with slope, 3 tanh. One invocation (id.x + id.y fold) per plane and four of
// its pixels, which lie `apart` from each other: what is of the whole plane costs more than a pixel.
struct Params {
    planes: u32, pixels: u32, channels: u32, sets: u32, // pixels of a plane
    affine: u32, added: u32,                // whether gamma and beta, whether the residual count
    activation: u32, slope: f32, epsilon: f32,
    apart: u32, fold: u32,                  // fold: invocations of a line of the grid
}

alias Value = f32; // f16 in the half variant
@group(0) @binding(0) var<storage, read_write> x: array<Value>;        // [B, C, N]
@group(0) @binding(1) var<storage, read_write> statistics: array<f32>; // [2, S]
@group(0) @binding(2) var<storage, read_write> gamma: array<f32>;      // [C], or anything if not affine
@group(0) @binding(3) var<storage, read_write> beta: array<f32>;       // [C], or anything if not affine
@group(0) @binding(4) var<storage, read_write> residual: array<Value>; // [B, C, N], or anything if not added
@group(0) @binding(5) var<storage, read_write> y: array<Value>;        // [B, C, N]
@group(0) @binding(6) var<storage, read_write> params: Params;

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
    let index = id.x + id.y * params.fold;
    let apart = params.apart;
    let plane = index / apart;
    if (plane >= params.planes) { return; }
    let pixels = params.pixels;
    let first = index - plane * apart;
    let c = plane % params.channels;
    let s = select(plane, c, params.sets == params.channels);
    var scale = inverseSqrt(statistics[params.sets + s] + params.epsilon);
    var shift = -statistics[s] * scale;
    if (params.affine == 1u) {
        shift = shift * gamma[c] + beta[c];
        scale *= gamma[c];
    }
    // The last pixels may lie past the end; they then stand for the last one and are not written.
    let pixel = first + vec4(0u, 1u, 2u, 3u) * apart;
    let inside = pixel < vec4(pixels);
    let at = plane * pixels + min(pixel, vec4(pixels - 1u));
    var value = act(vec4<f32>(vec4(x[at.x], x[at.y], x[at.z], x[at.w])) * scale + shift);
    if (params.added == 1u) {
        value += vec4<f32>(vec4(residual[at.x], residual[at.y], residual[at.z], residual[at.w]));
    }
    y[at.x] = Value(value.x);
    if (inside.y) { y[at.y] = Value(value.y); }
    if (inside.z) { y[at.z] = Value(value.z); }
    if (inside.w) { y[at.w] = Value(value.w); }
}
