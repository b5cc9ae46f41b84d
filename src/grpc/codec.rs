//! The codec of all messages: prost, with buffers for small messages, and with limits of repeated fields.
//!
//! tonic makes two buffers of 8 KiB for each call. A check and its answer have a tenth of that, and blocks of that size
//! are dear where those of a few hundred bytes cost next to nothing. What is larger grows.

use std::marker::PhantomData;

use prost::{Message, Name, bytes::Buf as _};
use tonic::{
    Status,
    codec::{BufferSettings, Codec as Coding, DecodeBuf, Decoder},
};
use tonic_prost::{ProstCodec, ProstDecoder};

use super::element_limits;

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
    U: Message + Name + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = <ProstCodec<T, U> as Coding>::Encoder;
    type Decoder = LimitedDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstCodec::<T, U>::raw_encoder(BufferSettings::new(BUFFER, SENT_ON))
    }

    fn decoder(&mut self) -> Self::Decoder {
        LimitedDecoder(ProstDecoder::new(BufferSettings::new(BUFFER, SENT_ON)))
    }
}

/// Decodes messages that keep to the limits of their repeated fields.
#[derive(Debug)]
pub struct LimitedDecoder<U>(ProstDecoder<U>);

impl<U: Message + Name + Default> Decoder for LimitedDecoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        // The buffer of a message is one piece.
        element_limits::check::<U>(buffer.chunk())?;
        self.0.decode(buffer)
    }

    fn buffer_settings(&self) -> BufferSettings {
        self.0.buffer_settings()
    }
}
