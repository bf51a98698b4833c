target_sources(volley PRIVATE
  src/server/kind.cpp src/server/pipeline.cpp src/server/run.cpp src/server/request_parser.cpp src/server/answer_writer.cpp src/server/worker_pool.cpp
  src/server/view_job.cpp src/server/session.cpp src/server/listener.cpp src/server/handover.cpp src/server/server.cpp)
