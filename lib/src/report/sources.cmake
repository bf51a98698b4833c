target_sources(volley_core PRIVATE src/report/result.cpp src/report/text.cpp src/report/json.cpp src/report/json_probes.cpp src/report/junit.cpp
  src/report/github.cpp src/report/hdr.cpp src/report/samples.cpp src/report/terminal.cpp src/report/verdict_text.cpp src/report/waterfall.cpp src/report/text_parts.cpp src/report/probes_text.cpp
  src/report/figures.cpp src/report/latency_rows.cpp src/report/load_text.cpp src/report/load_words.cpp src/report/call_text.cpp src/report/json_parts.cpp src/report/media_json.cpp src/report/media_text.cpp)
