// How many bytes an adapter moves in a second: y[n] = x[n], 16 bytes per invocation, id.x + id.y fold.
struct Params { count: u32, fold: u32 } // vec4s; invocations of a line of the grid

@group(0) @binding(0) var<storage, read_write> x: array<vec4<f32>>; // [N]
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>; // [N]
@group(0) @binding(2) var<storage, read_write> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let n = id.x + id.y * params.fold;
    if (n < params.count) { y[n] = x[n]; }
}
