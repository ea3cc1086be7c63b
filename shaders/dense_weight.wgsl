// The weight and bias gradients of dense: dW = (g act'(y))^T x and db = sum over rows of g act'(y). One invocation
// (id.x + id.y fold) per four outputs and four inputs, the first of each four outputs also for the bias; those past the
// end stand for the last one and are not written.
// activation: 0 none, 1 relu, 2 leaky, 3 tanh
struct Params { rows: u32, inputs: u32, outputs: u32, fold: u32, activation: u32, slope: f32 }

@group(0) @binding(0) var<storage, read_write> x: array<f32>; // [rows, inputs]
@group(0) @binding(1) var<storage, read_write> grad: array<f32>; // [rows, outputs]
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [rows, outputs]
@group(0) @binding(3) var<storage, read_write> dw: array<f32>; // [outputs, inputs]
@group(0) @binding(4) var<storage, read_write> db: array<f32>; // [outputs]
@group(0) @binding(5) var<storage, read_write> params: Params;

fn slope(value: vec4<f32>) -> vec4<f32> {
    var factor = vec4(1.0);
    if (params.activation == 1u) { factor = select(vec4(0.0), vec4(1.0), value > vec4(0.0)); }
    if (params.activation == 2u) { factor = select(vec4(params.slope), vec4(1.0), value > vec4(0.0)); }
    if (params.activation == 3u) { factor = 1.0 - value * value; }
    return factor;
}

fn put(out: u32, first: u32, value: vec4<f32>, sum: f32) {
    if (out >= params.outputs) { return; }
    let at = out * params.inputs + first;
    dw[at] = value.x;
    if (first + 1u < params.inputs) { dw[at + 1u] = value.y; }
    if (first + 2u < params.inputs) { dw[at + 2u] = value.z; }
    if (first + 3u < params.inputs) { dw[at + 3u] = value.w; }
    if (first == 0u) { db[out] = sum; }
}

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = id.x + id.y * params.fold;
    let tiles = (params.inputs + 3u) / 4u;
    let out = index / tiles * 4u;
    let first = index % tiles * 4u;
    if (out >= params.outputs) { return; }
    let each = vec4(0u, 1u, 2u, 3u);
    var at_g = min(out + each, vec4(params.outputs - 1u));
    var at_x = min(first + each, vec4(params.inputs - 1u));
    var sums = mat4x4<f32>();
    var total = vec4<f32>();
    for (var k = 0u; k < params.rows; k += 1u) {
        let value = vec4(y[at_g.x], y[at_g.y], y[at_g.z], y[at_g.w]);
        let g = vec4(grad[at_g.x], grad[at_g.y], grad[at_g.z], grad[at_g.w]) * slope(value);
        let v = vec4(x[at_x.x], x[at_x.y], x[at_x.z], x[at_x.w]);
        sums += mat4x4(g.x * v, g.y * v, g.z * v, g.w * v);
        total += g;
        at_g += vec4(params.outputs);
        at_x += vec4(params.inputs);
    }
    put(out, first, sums[0], total.x);
    put(out + 1u, first, sums[1], total.y);
    put(out + 2u, first, sums[2], total.z);
    put(out + 3u, first, sums[3], total.w);
}
