//! Showing a packed picture without reading it back: a WebGPU canvas that belongs to the worker draws
//! the tensor's own buffer, and its picture travels to the page as an `ImageBitmap`.

use burn::backend::wgpu::{AutoCompiler, CubeTensor, Wgpu, WgpuSetup, into_contiguous, wgpu};
use burn::cubecl::wgpu::WgpuServer;
use burn::tensor::{Int, Tensor};
use wasm_bindgen::{JsCast, JsValue};

use crate::error::Error;

fn unexpected(e: impl std::fmt::Debug) -> Error {
    Error::Unexpected(format!("{e:?}"))
}

/// A canvas of the present size and the pipeline that draws on it.
pub struct Presenter {
    setup: WgpuSetup,
    pipeline: Option<wgpu::RenderPipeline>,
    target: Option<Target>,
}

struct Target {
    canvas: web_sys::OffscreenCanvas,
    surface: wgpu::Surface<'static>,
    config: wgpu::SurfaceConfiguration,
    size: wgpu::Buffer,
    used: bool,
}

impl Presenter {
    /// Nothing is made before the first picture.
    pub fn new(setup: WgpuSetup) -> Self {
        Self {
            setup,
            pipeline: None,
            target: None,
        }
    }

    /// Draws a picture and takes it off the canvas.
    ///
    /// # Errors
    /// `Unexpected` where the browser gives no WebGPU canvas to a worker: read the picture back then.
    pub fn draw(&mut self, packed: Tensor<2, Int>) -> Result<web_sys::ImageBitmap, Error> {
        let [h, w] = packed.dims();
        let (w, h) = (w as u32, h as u32);
        let fits = |t: &Target| (t.config.width, t.config.height) == (w, h);
        if !self.target.as_ref().is_some_and(fits) {
            self.target = Some(Target::new(&self.setup, w, h)?);
        }
        let target = self
            .target
            .as_mut()
            .ok_or_else(|| unexpected("no canvas"))?;
        let format = target.config.format;
        let pipeline = self
            .pipeline
            .get_or_insert_with(|| pipeline(&self.setup, format));
        target.renew(&self.setup)?;
        let image = packed.try_into_primitive::<Wgpu>().map_err(unexpected)?;
        render(&self.setup, pipeline, target, image)?;
        target.used = true;
        target.canvas.transfer_to_image_bitmap().map_err(unexpected)
    }
}

impl Target {
    fn new(setup: &WgpuSetup, w: u32, h: u32) -> Result<Self, Error> {
        let canvas = web_sys::OffscreenCanvas::new(w, h).map_err(unexpected)?;
        let target = wgpu::SurfaceTarget::OffscreenCanvas(canvas.clone());
        let surface = setup.instance.create_surface(target).map_err(unexpected)?;
        let mut config = surface
            .get_default_config(&setup.adapter, w, h)
            .ok_or_else(|| unexpected("the adapter cannot draw on a canvas"))?;
        config.alpha_mode = wgpu::CompositeAlphaMode::PreMultiplied;
        surface.configure(&setup.device, &config);
        let size = setup.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("size"),
            size: 8,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        setup
            .queue
            .write_buffer(&size, 0, bytemuck::cast_slice(&[w, h]));
        Ok(Self {
            canvas,
            surface,
            config,
            size,
            used: false,
        })
    }

    /// Firefox's context refuses a second frame after `transferToImageBitmap` until it has been
    /// unconfigured and configured again; elsewhere this costs next to nothing.
    fn renew(&mut self, setup: &WgpuSetup) -> Result<(), Error> {
        if !self.used {
            return Ok(());
        }
        let context = self.canvas.get_context("webgpu").map_err(unexpected)?;
        let context: JsValue = context.map(Into::into).unwrap_or_default();
        let unconfigure =
            js_sys::Reflect::get(&context, &"unconfigure".into()).map_err(unexpected)?;
        let unconfigure: js_sys::Function = unconfigure.dyn_into().map_err(unexpected)?;
        unconfigure.call0(&context).map_err(unexpected)?;
        self.surface.configure(&setup.device, &self.config);
        Ok(())
    }
}

fn pipeline(setup: &WgpuSetup, format: wgpu::TextureFormat) -> wgpu::RenderPipeline {
    let module = setup
        .device
        .create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("blit"),
            source: wgpu::ShaderSource::Wgsl(include_str!("../../shaders/blit.wgsl").into()),
        });
    setup
        .device
        .create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: Some("blit"),
            layout: None,
            vertex: wgpu::VertexState {
                module: &module,
                entry_point: Some("vertex"),
                compilation_options: Default::default(),
                buffers: &[],
            },
            primitive: Default::default(),
            depth_stencil: None,
            multisample: Default::default(),
            fragment: Some(wgpu::FragmentState {
                module: &module,
                entry_point: Some("fragment"),
                compilation_options: Default::default(),
                targets: &[Some(format.into())],
            }),
            multiview_mask: None,
            cache: None,
        })
}

fn render(
    setup: &WgpuSetup,
    pipeline: &wgpu::RenderPipeline,
    target: &Target,
    image: CubeTensor,
) -> Result<(), Error> {
    let image = into_contiguous(image);
    // Keeps the allocation alive until our own commands are submitted.
    let memory = image
        .client
        .get_resource::<WgpuServer<AutoCompiler>>(image.handle.clone())
        .map_err(unexpected)?;
    // Burn's recorded commands must reach the queue before ours.
    image.client.flush().map_err(unexpected)?;
    let frame = match target.surface.get_current_texture() {
        wgpu::CurrentSurfaceTexture::Success(t) | wgpu::CurrentSurfaceTexture::Suboptimal(t) => t,
        other => return Err(unexpected(other)),
    };
    let view = frame.texture.create_view(&Default::default());
    let bind = setup.device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: None,
        layout: &pipeline.get_bind_group_layout(0),
        entries: &[
            wgpu::BindGroupEntry {
                binding: 0,
                resource: target.size.as_entire_binding(),
            },
            wgpu::BindGroupEntry {
                binding: 1,
                resource: memory.resource().as_wgpu_bind_resource(),
            },
        ],
    });
    let mut encoder = setup.device.create_command_encoder(&Default::default());
    {
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: &view,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations {
                    load: wgpu::LoadOp::Clear(wgpu::Color::TRANSPARENT),
                    store: wgpu::StoreOp::Store,
                },
            })],
            ..Default::default()
        });
        pass.set_pipeline(pipeline);
        pass.set_bind_group(0, &bind, &[]);
        pass.draw(0..3, 0..1);
    }
    setup.queue.submit([encoder.finish()]);
    setup.queue.present(frame);
    Ok(())
}
