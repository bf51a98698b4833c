target_sources(volley_core PRIVATE src/verdict/names.cpp src/verdict/solo.cpp src/verdict/groups.cpp
  src/verdict/first_bytes.cpp src/verdict/fit.cpp
  src/verdict/limits.cpp src/verdict/process.cpp src/verdict/canary.cpp src/verdict/stalls.cpp src/verdict/assess.cpp src/verdict/ladder.cpp
  src/verdict/judge.cpp src/verdict/questions.cpp src/verdict/confidence.cpp src/verdict/words.cpp src/verdict/advice.cpp src/verdict/family.cpp
  src/verdict/expect.cpp src/verdict/write_json.cpp src/verdict/read_json.cpp)
