target_sources(volley_core PRIVATE
  src/scenario/reader.cpp
  src/scenario/load.cpp src/scenario/read_servers.cpp src/scenario/read_steps.cpp src/scenario/step_parts.cpp src/scenario/read_calls.cpp src/scenario/read_media.cpp src/scenario/asked_transform.cpp src/scenario/media_figures.cpp src/scenario/read_phases.cpp src/scenario/read_probes.cpp
  src/scenario/items.cpp src/scenario/check_parser.cpp src/scenario/check.cpp src/scenario/json_path.cpp
  src/scenario/threshold_parser.cpp src/scenario/template.cpp src/scenario/variables.cpp src/scenario/json_text.cpp)
