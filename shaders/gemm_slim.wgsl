// The same as gemm for fewer than 16 columns: one invocation per 16 rows, 4 columns (id.x + id.y fold) and
// batch (id.z).
struct Params { depth: u32, rows: u32, columns: u32, line: u32, first: u32, fold: u32 } // lengths in vec4

alias Value = f32; // f16 in the half variant
@group(0) @binding(0) var<storage, read_write> u: array<vec4<Value>>; // [K, depth, line], of which rows from first on
@group(0) @binding(1) var<storage, read_write> v: array<vec4<Value>>; // [K, depth, columns]
@group(0) @binding(2) var<storage, read_write> m: array<vec4<Value>>; // [K, rows, columns]
@group(0) @binding(3) var<storage, read_write> params: Params;

// Four by four; a column of the result is one value of u.
fn outer(u: vec4<f32>, v: vec4<f32>) -> mat4x4<f32> {
    return mat4x4(u.x * v, u.y * v, u.z * v, u.w * v);
}

fn put(at: u32, s: mat4x4<f32>) {
    m[at] = vec4<Value>(s[0]);
    m[at + params.columns] = vec4<Value>(s[1]);
    m[at + 2u * params.columns] = vec4<Value>(s[2]);
    m[at + 3u * params.columns] = vec4<Value>(s[3]);
}

@compute @workgroup_size(4, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = id.x + id.y * params.fold;
    let row = index / params.columns * 4u;
    let column = index % params.columns;
    if (row >= params.rows) { return; }
    var at_u = id.z * params.depth * params.line + params.first + row;
    var at_v = id.z * params.depth * params.columns + column;
    var s0 = mat4x4<f32>();
    var s1 = mat4x4<f32>();
    var s2 = mat4x4<f32>();
    var s3 = mat4x4<f32>();
    for (var k = 0u; k < params.depth; k += 1u) {
        let v0 = vec4<f32>(v[at_v]);
        s0 += outer(vec4<f32>(u[at_u]), v0);
        s1 += outer(vec4<f32>(u[at_u + 1u]), v0);
        s2 += outer(vec4<f32>(u[at_u + 2u]), v0);
        s3 += outer(vec4<f32>(u[at_u + 3u]), v0);
        at_u += params.line;
        at_v += params.columns;
    }
    let at = (id.z * params.rows * 4u + row * 4u) * params.columns + column;
    let step = 4u * params.columns;
    put(at, s0);
    put(at + step, s1);
    put(at + 2u * step, s2);
    put(at + 3u * step, s3);
}
