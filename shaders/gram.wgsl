// Partial Gram matrices: P[s,b,i,j] = scale * sum over the pixels p of segment s of F[b,i,p] F[b,j,p].
// One invocation per 4x4 tile of channels, image and segment: (i/4 * tiles + j/4, b, s). Tiles above the
// diagonal are computed once and written twice. No workgroup memory: the tile lives in registers.
struct Params { channels: u32, pixels: u32, segment: u32, batch: u32, scale: f32 }

@group(0) @binding(0) var<storage, read_write> features: array<f32>; // [B, C, N]
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;  // [S, B, C, C]
@group(0) @binding(2) var<storage, read_write> params: Params;

@compute @workgroup_size(32, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let c = params.channels;
    let n = params.pixels;
    let tiles = (c + 3u) / 4u;
    let i = (id.x / tiles) * 4u;
    let j = (id.x % tiles) * 4u;
    if (i >= c || j < i) { return; }

    // Rows past the last channel read the last one; their products are not written.
    let base = id.y * c;
    let rows = (vec4(base) + min(vec4(i) + vec4(0u, 1u, 2u, 3u), vec4(c - 1u))) * n;
    let cols = (vec4(base) + min(vec4(j) + vec4(0u, 1u, 2u, 3u), vec4(c - 1u))) * n;
    let first = id.z * params.segment;
    let last = min(first + params.segment, n);
    var s0 = vec4(0.0);
    var s1 = vec4(0.0);
    var s2 = vec4(0.0);
    var s3 = vec4(0.0);
    for (var p = first; p < last; p += 1u) {
        let col = vec4(features[cols.x + p], features[cols.y + p], features[cols.z + p], features[cols.w + p]);
        s0 += features[rows.x + p] * col;
        s1 += features[rows.y + p] * col;
        s2 += features[rows.z + p] * col;
        s3 += features[rows.w + p] * col;
    }

    var tile = array<vec4<f32>, 4>(s0, s1, s2, s3);
    let out = (id.z * params.batch + id.y) * c * c;
    for (var a = 0u; a < 4u; a += 1u) {
        for (var b = 0u; b < 4u; b += 1u) {
            if (i + a < c && j + b < c) {
                let value = tile[a][b] * params.scale;
                partial[out + (i + a) * c + j + b] = value;
                partial[out + (j + b) * c + i + a] = value;
            }
        }
    }
}
