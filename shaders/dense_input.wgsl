// The input gradient of dense: dx = (g act'(y)) W, the derivative from the result y. One invocation (id.x + id.y fold) per
// four rows and four inputs; those past the end stand for the last one and are not written.
// activation: 0 none, 1 relu, 2 leaky, 3 tanh
struct Params { rows: u32, inputs: u32, outputs: u32, fold: u32, activation: u32, slope: f32 }

@group(0) @binding(0) var<storage, read_write> grad: array<f32>; // [rows, outputs]
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [rows, outputs]
@group(0) @binding(2) var<storage, read_write> weight: array<f32>; // [outputs, inputs]
@group(0) @binding(3) var<storage, read_write> dx: array<f32>; // [rows, inputs]
@group(0) @binding(4) var<storage, read_write> params: Params;

fn slope(value: vec4<f32>) -> vec4<f32> {
    var factor = vec4(1.0);
    if (params.activation == 1u) { factor = select(vec4(0.0), vec4(1.0), value > vec4(0.0)); }
    if (params.activation == 2u) { factor = select(vec4(params.slope), vec4(1.0), value > vec4(0.0)); }
    if (params.activation == 3u) { factor = 1.0 - value * value; }
    return factor;
}

fn put(row: u32, first: u32, value: vec4<f32>) {
    if (row >= params.rows) { return; }
    let at = row * params.inputs + first;
    dx[at] = value.x;
    if (first + 1u < params.inputs) { dx[at + 1u] = value.y; }
    if (first + 2u < params.inputs) { dx[at + 2u] = value.z; }
    if (first + 3u < params.inputs) { dx[at + 3u] = value.w; }
}

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = id.x + id.y * params.fold;
    let tiles = (params.inputs + 3u) / 4u;
    let row = index / tiles * 4u;
    let first = index % tiles * 4u;
    if (row >= params.rows) { return; }
    let each = vec4(0u, 1u, 2u, 3u);
    var at_g = min(row + each, vec4(params.rows - 1u)) * params.outputs;
    var at_w = min(first + each, vec4(params.inputs - 1u));
    var sums = mat4x4<f32>();
    for (var k = 0u; k < params.outputs; k += 1u) {
        let value = vec4(y[at_g.x], y[at_g.y], y[at_g.z], y[at_g.w]);
        let g = vec4(grad[at_g.x], grad[at_g.y], grad[at_g.z], grad[at_g.w]) * slope(value);
        let w = vec4(weight[at_w.x], weight[at_w.y], weight[at_w.z], weight[at_w.w]);
        sums += mat4x4(g.x * w, g.y * w, g.z * w, g.w * w);
        at_g += vec4(1u);
        at_w += vec4(params.inputs);
    }
    put(row, first, sums[0]);
    put(row + 1u, first, sums[1]);
    put(row + 2u, first, sums[2]);
    put(row + 3u, first, sums[3]);
}
