// A fullscreen triangle that shows a packed picture from the tensor's own buffer: no copy, no read-back.
struct Size { width: u32, height: u32 }

@group(0) @binding(0) var<uniform> size: Size;
@group(0) @binding(1) var<storage, read> packed: array<u32>; // [H, W] RGBA8

@vertex
fn vertex(@builtin(vertex_index) i: u32) -> @builtin(position) vec4<f32> {
    return vec4(f32((i << 1u) & 2u) * 2.0 - 1.0, f32(i & 2u) * 2.0 - 1.0, 0.0, 1.0);
}

@fragment
fn fragment(@builtin(position) at: vec4<f32>) -> @location(0) vec4<f32> {
    let x = min(u32(at.x), size.width - 1u);
    let y = min(u32(at.y), size.height - 1u);
    let color = unpack4x8unorm(packed[y * size.width + x]);
    return vec4(color.rgb * color.a, color.a);
}
