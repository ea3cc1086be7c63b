// How many multiply-adds an adapter does in a second: sums[n] = the sum of 12 chains that begin at start[n], start[n] + 1,
// ..., start[n] + 11 and take x <- factor x + addend, 16 times a step. The chains wait for nobody and live in registers,
// as many as a CPU with 16 vector registers holds beside the two operands. One invocation per n, id.x + id.y fold.
struct Params { count: u32, steps: u32, factor: f32, addend: f32, fold: u32 } // fold: invocations of a line of the grid

@group(0) @binding(0) var<storage, read_write> start: array<f32>; // [N]
@group(0) @binding(1) var<storage, read_write> sums: array<f32>;  // [N]
@group(0) @binding(2) var<storage, read_write> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let n = id.x + id.y * params.fold;
    if (n >= params.count) { return; }
    let a = vec4(params.factor);
    let b = vec4(params.addend);
    let steps = params.steps;
    var x = start[n] + vec4(0.0, 1.0, 2.0, 3.0);
    var y = x + 4.0;
    var z = x + 8.0;
    for (var step = 0u; step < steps; step += 1u) {
        x = fma(a, x, b); y = fma(a, y, b); z = fma(a, z, b);
        x = fma(a, x, b); y = fma(a, y, b); z = fma(a, z, b);
        x = fma(a, x, b); y = fma(a, y, b); z = fma(a, z, b);
        x = fma(a, x, b); y = fma(a, y, b); z = fma(a, z, b);
        x = fma(a, x, b); y = fma(a, y, b); z = fma(a, z, b);
        x = fma(a, x, b); y = fma(a, y, b); z = fma(a, z, b);
        x = fma(a, x, b); y = fma(a, y, b); z = fma(a, z, b);
        x = fma(a, x, b); y = fma(a, y, b); z = fma(a, z, b);
        x = fma(a, x, b); y = fma(a, y, b); z = fma(a, z, b);
        x = fma(a, x, b); y = fma(a, y, b); z = fma(a, z, b);
        x = fma(a, x, b); y = fma(a, y, b); z = fma(a, z, b);
        x = fma(a, x, b); y = fma(a, y, b); z = fma(a, z, b);
        x = fma(a, x, b); y = fma(a, y, b); z = fma(a, z, b);
        x = fma(a, x, b); y = fma(a, y, b); z = fma(a, z, b);
        x = fma(a, x, b); y = fma(a, y, b); z = fma(a, z, b);
        x = fma(a, x, b); y = fma(a, y, b); z = fma(a, z, b);
    }
    sums[n] = dot(x + y + z, vec4(1.0));
}
