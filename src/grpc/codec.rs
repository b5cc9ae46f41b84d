//! How messages are encoded: by prost, into buffers for small ones.
//!
//! tonic makes two buffers of 8 KiB for each call. A check and its answer have a tenth of that, and blocks of that size
//! are dear where those of a few hundred bytes cost next to nothing. What is larger grows.

use std::marker::PhantomData;

use prost::Message;
use tonic::codec::{BufferSettings, Codec as Coding};
use tonic_prost::ProstCodec;

/// Room for a check, its answer and most others.
const BUFFER: usize = 512;
/// From how much on a stream of messages is sent on before there is more; as tonic has it.
const SENT_ON: usize = 32 << 10;

/// What the generated services and clients encode and decode with.
#[derive(Debug)]
pub struct Codec<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for Codec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> Coding for Codec<T, U>
where
    T: Message + Send + 'static,
    U: Message + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = <ProstCodec<T, U> as Coding>::Encoder;
    type Decoder = <ProstCodec<T, U> as Coding>::Decoder;

    fn encoder(&mut self) -> Self::Encoder {
        ProstCodec::<T, U>::raw_encoder(BufferSettings::new(BUFFER, SENT_ON))
    }

    fn decoder(&mut self) -> Self::Decoder {
        ProstCodec::<T, U>::raw_decoder(BufferSettings::new(BUFFER, SENT_ON))
    }
}
