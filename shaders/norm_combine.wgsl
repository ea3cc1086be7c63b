// Mean and biased variance of each set from those of its parts (Chan, Golub and LeVeque 1979). One invocation per set.
struct Params { pixels: u32, planes: u32, skip: u32, sets: u32, parts: u32 } // as in norm_statistics

@group(0) @binding(0) var<storage, read_write> found: array<f32>;      // [2, S, parts]
@group(0) @binding(1) var<storage, read_write> statistics: array<f32>; // [2, S]
@group(0) @binding(2) var<storage, read_write> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.sets) { return; }
    let at = id.x * params.parts;
    let after = params.sets * params.parts;
    var mean = 0.0;
    var squares = 0.0;
    var count = 0.0;
    for (var l = 0u; l < params.parts; l += 1u) {
        // Pixels l, l + parts, ... of each plane.
        let n = f32(((params.pixels - 1u - l) / params.parts + 1u) * params.planes);
        let d = found[at + l] - mean;
        let all = count + n;
        mean += d * n / all;
        squares += found[after + at + l] + d * d * count * n / all;
        count = all;
    }
    statistics[id.x] = mean;
    statistics[params.sets + id.x] = squares / count;
}
