// The gradient of an activation from its result: relu g (y > 0), leaky g (y > 0 ? 1 : slope), tanh g (1 - y y).
// activation: 1 relu, 2 leaky, 3 tanh. One invocation per value.
struct Params { count: u32, row: u32, activation: u32, slope: f32 } // row: invocations of one line of the grid

@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@group(0) @binding(1) var<storage, read_write> grad: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<storage, read_write> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let n = id.x + id.y * params.row;
    if (n >= params.count) { return; }
    let value = y[n];
    var factor = 1.0 - value * value;
    if (params.activation == 1u) { factor = select(0.0, 1.0, value > 0.0); }
    if (params.activation == 2u) { factor = select(params.slope, 1.0, value > 0.0); }
    out[n] = grad[n] * factor;
}
