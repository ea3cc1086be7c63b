// The same as gemm for GPUs: M[k] = U[k]ᵀ V[k] in tiles of 64 by 64 through workgroup memory, 16 steps of the depth at a
// time; one workgroup per tile and batch, one invocation per 4 by 4 of it. 8 KiB of workgroup memory.
struct Params { depth: u32, rows: u32, columns: u32, line: u32, first: u32 } // lengths in vec4

alias Value = f32; // f16 in the half variant
@group(0) @binding(0) var<storage, read_write> u: array<vec4<Value>>; // [K, depth, line], of which rows from first on
@group(0) @binding(1) var<storage, read_write> v: array<vec4<Value>>; // [K, depth, columns]
@group(0) @binding(2) var<storage, read_write> m: array<vec4<Value>>; // [K, rows, columns]
@group(0) @binding(3) var<storage, read_write> params: Params;

var<workgroup> part_u: array<vec4<f32>, 256>; // [16 steps, 16]
var<workgroup> part_v: array<vec4<f32>, 256>; // [16 steps, 16]
// A browser must see that all of a workgroup go through the loop as often.
var<workgroup> shared_depth: u32;

@compute @workgroup_size(16, 16, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) id: vec3<u32>) {
    let column = group.x * 16u + id.x;
    let row = group.y * 16u + id.y;
    // What this invocation fetches: one vec4 of each operand, a step of the depth per line of the workgroup.
    let fetched_row = group.y * 16u + id.x;
    let slot = id.y * 16u + id.x;
    if (slot == 0u) { shared_depth = params.depth; }
    let depth = workgroupUniformLoad(&shared_depth);
    let base_u = group.z * depth * params.line + params.first;
    let base_v = group.z * depth * params.columns;
    var s0 = vec4(0.0);
    var s1 = vec4(0.0);
    var s2 = vec4(0.0);
    var s3 = vec4(0.0);
    for (var begin = 0u; begin < depth; begin += 16u) {
        let k = begin + id.y;
        var next_u = vec4(0.0);
        var next_v = vec4(0.0);
        if (k < depth) {
            if (fetched_row < params.rows) { next_u = vec4<f32>(u[base_u + k * params.line + fetched_row]); }
            if (column < params.columns) { next_v = vec4<f32>(v[base_v + k * params.columns + column]); }
        }
        workgroupBarrier();
        part_u[slot] = next_u;
        part_v[slot] = next_v;
        workgroupBarrier();
        for (var n = 0u; n < 16u; n += 1u) {
            let a = part_u[n * 16u + id.y];
            let b = part_v[n * 16u + id.x];
            s0 = fma(vec4(a.x), b, s0);
            s1 = fma(vec4(a.y), b, s1);
            s2 = fma(vec4(a.z), b, s2);
            s3 = fma(vec4(a.w), b, s3);
        }
    }
    if (row < params.rows && column < params.columns) {
        let at = (group.z * params.rows * 4u + row * 4u) * params.columns + column;
        m[at] = vec4<Value>(s0);
        m[at + params.columns] = vec4<Value>(s1);
        m[at + 2u * params.columns] = vec4<Value>(s2);
        m[at + 3u * params.columns] = vec4<Value>(s3);
    }
}
