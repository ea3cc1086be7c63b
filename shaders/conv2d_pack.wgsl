// Filters as the first operand of a matrix product: U[(i k + a) k + b, o] = w[o, i, a, b]; with flip, where they are
// turned by 180 degrees and inputs and outputs change places (the input gradient), U[(o k + a) k + b, i] =
// w[o, i, k-1-a, k-1-b]. Values past the last column are 0. One invocation per column, tap and
// channel that is summed over.
struct Params { outputs: u32, inputs: u32, area: u32, columns: u32, flip: u32 }

@group(0) @binding(0) var<storage, read_write> weight: array<f32>; // [O, I, k, k]
@group(0) @binding(1) var<storage, read_write> u: array<f32>;      // [rows, columns], columns = O (or I) rounded up
@group(0) @binding(2) var<storage, read_write> params: Params;

@compute @workgroup_size(16, 16, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let tap = id.y;
    let n = id.z;
    if (id.x >= params.columns || tap >= params.area) { return; }
    var value = 0.0;
    if (params.flip == 1u) {
        if (id.x < params.inputs) {
            value = weight[(n * params.inputs + id.x) * params.area + params.area - 1u - tap];
        }
    } else if (id.x < params.outputs) {
        value = weight[(id.x * params.inputs + n) * params.area + tap];
    }
    u[(n * params.area + tap) * params.columns + id.x] = value;
}
