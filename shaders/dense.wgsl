// A fully connected layer: y = act(x W^T + bias). One invocation (id.x + id.y fold) per four rows and
// four outputs; those past the end stand for the last one and are not written.
// activation: 0 none, 1 relu, 2 leaky, 3 tanh
struct Params { rows: u32, inputs: u32, outputs: u32, fold: u32, activation: u32, slope: f32 }

@group(0) @binding(0) var<storage, read_write> x: array<f32>; // [rows, inputs]
@group(0) @binding(1) var<storage, read_write> weight: array<f32>; // [outputs, inputs]
@group(0) @binding(2) var<storage, read_write> bias: array<f32>; // [outputs]
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [rows, outputs]
@group(0) @binding(4) var<storage, read_write> params: Params;

fn act(sum: vec4<f32>) -> vec4<f32> {
    var factor = vec4(1.0);
    if (params.activation == 1u) { factor = select(vec4(0.0), vec4(1.0), sum > vec4(0.0)); }
    if (params.activation == 2u) { factor = select(vec4(params.slope), vec4(1.0), sum > vec4(0.0)); }
    // Beyond 10 the tangent is 1 to the last bit, and some drivers' overflows.
    if (params.activation == 3u) { return tanh(clamp(sum, vec4(-10.0), vec4(10.0))); }
    return sum * factor;
}

fn put(row: u32, first: u32, sum: vec4<f32>) {
    if (row >= params.rows) { return; }
    let value = act(sum);
    let at = row * params.outputs + first;
    y[at] = value.x;
    if (first + 1u < params.outputs) { y[at + 1u] = value.y; }
    if (first + 2u < params.outputs) { y[at + 2u] = value.z; }
    if (first + 3u < params.outputs) { y[at + 3u] = value.w; }
}

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = id.x + id.y * params.fold;
    let tiles = (params.outputs + 3u) / 4u;
    let row = index / tiles * 4u;
    let first = index % tiles * 4u;
    if (row >= params.rows) { return; }
    let each = vec4(0u, 1u, 2u, 3u);
    var at_x = min(row + each, vec4(params.rows - 1u)) * params.inputs;
    let outs = min(first + each, vec4(params.outputs - 1u));
    var at_w = outs * params.inputs;
    let start = vec4(bias[outs.x], bias[outs.y], bias[outs.z], bias[outs.w]);
    var sums = mat4x4(start, start, start, start);
    for (var k = 0u; k < params.inputs; k += 1u) {
        let w = vec4(weight[at_w.x], weight[at_w.y], weight[at_w.z], weight[at_w.w]);
        sums += mat4x4(x[at_x.x] * w, x[at_x.y] * w, x[at_x.z] * w, x[at_x.w] * w);
        at_x += vec4(1u);
        at_w += vec4(1u);
    }
    put(row, first, sums[0]);
    put(row + 1u, first, sums[1]);
    put(row + 2u, first, sums[2]);
    put(row + 3u, first, sums[3]);
}
