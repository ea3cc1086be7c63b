// Mean and sum of squared deviations of a part of a set of values. A set is the pixels of some planes that lie `skip`
// planes apart; part l of it is every parts-th pixel, from l on. Squares are of differences from the part's first
// value, so that a mean far from zero costs no digits. One invocation per (part, set).
struct Params { pixels: u32, planes: u32, skip: u32, sets: u32, parts: u32 } // pixels of a plane, planes of a set

alias Value = f32; // f16 in the half variant
@group(0) @binding(0) var<storage, read_write> x: array<Value>;   // [B, C, N]
@group(0) @binding(1) var<storage, read_write> found: array<f32>; // [2, S, parts]
@group(0) @binding(2) var<storage, read_write> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.parts) { return; }
    let base = id.y * params.pixels;
    let origin = f32(x[base + id.x]);
    var sum = 0.0;
    var squares = 0.0;
    var count = 0u;
    for (var b = 0u; b < params.planes; b += 1u) {
        let plane = base + b * params.skip * params.pixels;
        for (var p = id.x; p < params.pixels; p += params.parts) {
            let d = f32(x[plane + p]) - origin;
            sum += d;
            squares += d * d;
            count += 1u;
        }
    }
    let mean = sum / f32(count);
    let at = id.y * params.parts + id.x;
    found[at] = origin + mean;
    found[params.sets * params.parts + at] = max(squares - sum * mean, 0.0);
}
