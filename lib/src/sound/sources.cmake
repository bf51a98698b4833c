target_sources(volley_core PRIVATE src/sound/pcm.cpp src/sound/tone.cpp src/sound/fft.cpp src/sound/chirp.cpp src/sound/resampler.cpp
  src/sound/wav.cpp src/sound/ogg_opus.cpp)
