// One step of Adam (Kingma and Ba 2015, algorithm 1) on a picture, clamped to [low, high], and the running
// average of the iterates: m = b1 m + (1-b1) g; v = b2 v + (1-b2) g^2; x -= rate m / (sqrt(v) * scale + eps);
// a = decay a + (1-decay) x. rate and scale carry the bias corrections. One invocation per value: id.x + id.y * row.
struct Params {
    values: u32, row: u32,
    beta1: f32, beta2: f32, epsilon: f32, decay: f32,
    low: f32, high: f32,
}

@group(0) @binding(0) var<storage, read_write> image: array<f32>;      // [N]
@group(0) @binding(1) var<storage, read_write> grad: array<f32>;       // [N]
@group(0) @binding(2) var<storage, read_write> state: array<f32>;      // [3, N]: m, v, average
@group(0) @binding(3) var<storage, read_write> rates: array<f32>;      // [2]: rate, scale
@group(0) @binding(4) var<storage, read_write> next_image: array<f32>; // [N]
@group(0) @binding(5) var<storage, read_write> next_state: array<f32>; // [3, N]
@group(0) @binding(6) var<storage, read_write> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let i = id.x + id.y * params.row;
    let n = params.values;
    if (i >= n) { return; }
    let g = grad[i];
    let m = params.beta1 * state[i] + (1.0 - params.beta1) * g;
    let v = params.beta2 * state[i + n] + (1.0 - params.beta2) * g * g;
    let x = clamp(image[i] - rates[0] * m / (sqrt(v) * rates[1] + params.epsilon), params.low, params.high);
    next_image[i] = x;
    next_state[i] = m;
    next_state[i + n] = v;
    next_state[i + 2u * n] = params.decay * state[i + 2u * n] + (1.0 - params.decay) * x;
}
