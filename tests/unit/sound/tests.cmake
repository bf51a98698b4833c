volley_add_test(unit_sound unit unit/sound/pcm_test.cpp unit/sound/tone_test.cpp unit/sound/chirp_test.cpp unit/sound/resampler_test.cpp
  unit/sound/wav_test.cpp unit/sound/ogg_opus_test.cpp)
