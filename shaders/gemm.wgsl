// A batch of matrix products, M[k] = U[k]ᵀ V[k]: the reduced dimension is the first of both operands.
// One invocation per 16 rows, 16 columns (id.x + id.y fold) and batch (id.z), all in registers, without workgroup
// memory: for adapters whose workgroup memory is ordinary memory. Rows are multiples of 16 values; what lies past the
// used part is never read.
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
    // Neighbours differ in the column, or, where there is only one, in the row.
    let across = params.columns / 4u;
    let index = id.x + id.y * params.fold;
    let column = index % across * 4u;
    let row = index / across * 4u;
    if (row >= params.rows) { return; }
    var at_u = id.z * params.depth * params.line + params.first + row;
    var at_v = id.z * params.depth * params.columns + column;
    var s00 = mat4x4<f32>();
    var s01 = mat4x4<f32>();
    var s02 = mat4x4<f32>();
    var s03 = mat4x4<f32>();
    var s10 = mat4x4<f32>();
    var s11 = mat4x4<f32>();
    var s12 = mat4x4<f32>();
    var s13 = mat4x4<f32>();
    var s20 = mat4x4<f32>();
    var s21 = mat4x4<f32>();
    var s22 = mat4x4<f32>();
    var s23 = mat4x4<f32>();
    var s30 = mat4x4<f32>();
    var s31 = mat4x4<f32>();
    var s32 = mat4x4<f32>();
    var s33 = mat4x4<f32>();
    for (var k = 0u; k < params.depth; k += 1u) {
        let v0 = vec4<f32>(v[at_v + 0u]);
        let v1 = vec4<f32>(v[at_v + 1u]);
        let v2 = vec4<f32>(v[at_v + 2u]);
        let v3 = vec4<f32>(v[at_v + 3u]);
        let u0 = vec4<f32>(u[at_u + 0u]);
        s00 += outer(u0, v0);
        s01 += outer(u0, v1);
        s02 += outer(u0, v2);
        s03 += outer(u0, v3);
        let u1 = vec4<f32>(u[at_u + 1u]);
        s10 += outer(u1, v0);
        s11 += outer(u1, v1);
        s12 += outer(u1, v2);
        s13 += outer(u1, v3);
        let u2 = vec4<f32>(u[at_u + 2u]);
        s20 += outer(u2, v0);
        s21 += outer(u2, v1);
        s22 += outer(u2, v2);
        s23 += outer(u2, v3);
        let u3 = vec4<f32>(u[at_u + 3u]);
        s30 += outer(u3, v0);
        s31 += outer(u3, v1);
        s32 += outer(u3, v2);
        s33 += outer(u3, v3);
        at_u += params.line;
        at_v += params.columns;
    }
    let at = (id.z * params.rows * 4u + row * 4u) * params.columns + column;
    let step = 4u * params.columns;
    put(at + 0u * step + 0u, s00);
    put(at + 0u * step + 1u, s01);
    put(at + 0u * step + 2u, s02);
    put(at + 0u * step + 3u, s03);
    put(at + 1u * step + 0u, s10);
    put(at + 1u * step + 1u, s11);
    put(at + 1u * step + 2u, s12);
    put(at + 1u * step + 3u, s13);
    put(at + 2u * step + 0u, s20);
    put(at + 2u * step + 1u, s21);
    put(at + 2u * step + 2u, s22);
    put(at + 2u * step + 3u, s23);
    put(at + 3u * step + 0u, s30);
    put(at + 3u * step + 1u, s31);
    put(at + 3u * step + 2u, s32);
    put(at + 3u * step + 3u, s33);
}
