// The gradient of an activation from its result: relu g (y > 0), leaky g (y > 0 ? 1 : slope), tanh g (1 - y y).
// activation: 1 relu, 2 leaky, 3 tanh. One invocation (id.x + id.y row) per four values, which
// lie `apart` from each other.
struct Params { count: u32, apart: u32, row: u32, activation: u32, slope: f32 } // row: invocations of one line of the grid

@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@group(0) @binding(1) var<storage, read_write> grad: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<storage, read_write> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let first = id.x + id.y * params.row;
    if (first >= params.apart) { return; }
    let wanted = first + vec4(0u, 1u, 2u, 3u) * params.apart;
    let inside = wanted < vec4(params.count);
    // The last values may lie past the end; they then stand for the last one and are not written.
    let n = min(wanted, vec4(params.count - 1u));
    let value = vec4(y[n.x], y[n.y], y[n.z], y[n.w]);
    var factor = 1.0 - value * value;
    if (params.activation == 1u) { factor = select(vec4(0.0), vec4(1.0), value > vec4(0.0)); }
    if (params.activation == 2u) { factor = select(vec4(params.slope), vec4(1.0), value > vec4(0.0)); }
    let g = vec4(grad[n.x], grad[n.y], grad[n.z], grad[n.w]) * factor;
    out[n.x] = g.x;
    if (inside.y) { out[n.y] = g.y; }
    if (inside.z) { out[n.z] = g.z; }
    if (inside.w) { out[n.w] = g.w; }
}
