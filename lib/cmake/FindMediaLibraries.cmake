# What the media plugin is made of: targets MediaLibraries::<name> for vpx, openh264, opus, spandsp, v4l2, opencv_core, opencv_imgproc, matroska
# and ebml.
# One module for all of them, because they are wanted all or none, and because Debian gives no CMake package of most: OpenCV's own is in
# libopencv-dev, which brings four hundred packages.
include(FindPackageHandleStandardArgs)
set(MediaLibraries_wanted)
foreach(library IN ITEMS "vpx vpx/vp8cx.h" "openh264 wels/codec_api.h" "opus opus/opus.h" "spandsp spandsp/g722.h" "v4l2 libv4l2.h"
    "opencv_core opencv2/core.hpp" "opencv_imgproc opencv2/imgproc.hpp" "matroska matroska/KaxVersion.h" "ebml ebml/EbmlVersion.h")
  separate_arguments(library UNIX_COMMAND "${library}")
  list(POP_FRONT library name header)
  find_library(MediaLibraries_${name}_LIBRARY ${name})
  find_path(MediaLibraries_${name}_INCLUDE_DIR ${header} PATH_SUFFIXES opencv4)
  mark_as_advanced(MediaLibraries_${name}_LIBRARY MediaLibraries_${name}_INCLUDE_DIR)
  list(APPEND MediaLibraries_wanted MediaLibraries_${name}_LIBRARY MediaLibraries_${name}_INCLUDE_DIR)
  if(MediaLibraries_${name}_LIBRARY AND MediaLibraries_${name}_INCLUDE_DIR AND NOT TARGET MediaLibraries::${name})
    add_library(MediaLibraries::${name} UNKNOWN IMPORTED)
    set_target_properties(MediaLibraries::${name} PROPERTIES IMPORTED_LOCATION ${MediaLibraries_${name}_LIBRARY}
      INTERFACE_INCLUDE_DIRECTORIES ${MediaLibraries_${name}_INCLUDE_DIR})
  endif()
endforeach()
find_package_handle_standard_args(MediaLibraries REQUIRED_VARS ${MediaLibraries_wanted}
  REASON_FAILURE_MESSAGE "Debian has them in libvpx-dev, libopenh264-dev, libopus-dev, libspandsp-dev, libv4l-dev, libopencv-core-dev, libopencv-imgproc-dev, libmatroska-dev and libebml-dev")
